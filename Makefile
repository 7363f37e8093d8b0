# Two commands: `make test` is everything, `make demo` the whole story. Each makes what it needs, and is quick the
# second time. The rest are their parts.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
DEMO := .venv-demo
JUDGES := tests/judges/node_modules/.stamp
export ZAPPA_IAM_EXT_CACHE ?= $(CURDIR)/.cache
export PIP_DISABLE_PIP_VERSION_CHECK := 1
QUIET := --quiet --quiet --no-input

.PHONY: test fast coverage slow lint types contracts format demo judges browser emulator benchmark speed recordings denials scenarios
.PHONY: longer faults races runs stages identities docs snapshots pictures site dist help clean

# What is downloaded and what looks at the code alone needs one core: both at once. Then the tests, on all cores.
test: ## everything: lint, types, contracts, coverage, slow
	@$(MAKE) --jobs=2 lint types contracts judges browser emulator
	@$(MAKE) coverage
	@$(MAKE) slow

$(STAMP): pyproject.toml
	@echo "making the development environment in $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install $(QUIET) --upgrade pip
	@$(BIN)/python -m pip install $(QUIET) --editable . --group dev
	@touch $@

lint: $(STAMP) ## format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(STAMP) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

contracts: $(STAMP) ## the architecture's arrows point down only
	$(BIN)/lint-imports

ALONE := not slow and not aws and not zappa and not node and not browser
FAST := tests/unit tests/property tests/test_docs.py
fast: $(STAMP) ## unit and property tests, a minute
	$(BIN)/pytest -n auto -q --dist worksteal -m "$(ALONE)" $(FAST)

coverage: $(STAMP) ## all tests that need no local AWS, the fast ones first, and how much of the pure rooms they reach
	$(BIN)/pytest -n auto -q --dist worksteal -m "$(ALONE)" $(FAST) --cov --cov-report=
	$(BIN)/pytest -n auto -q --dist worksteal -m "$(ALONE)" $(FAST:%=--ignore=%) --cov --cov-append --cov-report=
	@$(BIN)/coverage report --format=total --include='zappa_iam_ext/iam/*' --fail-under=98.2
	@$(BIN)/coverage report --format=total --include='zappa_iam_ext/permissions/*' --fail-under=98.8
	@$(BIN)/coverage report --format=total --include='zappa_iam_ext/check/*' --fail-under=97.0
	@$(BIN)/coverage report --format=total --include='zappa_iam_ext/plan/*' --fail-under=98.3

slow: $(STAMP) judges browser emulator ## tests with the local AWS, the real zappa, Node.js and a browser, in parallel
	$(BIN)/pytest -n auto -q --dist loadgroup -m "(slow or aws or zappa or node or browser) and not longer"

longer: $(STAMP) ## what is too long for every push: faults, modes, several stages, races, scenarios, a new row (minutes)
	$(BIN)/pytest -n auto -q --dist loadgroup -m longer

judges: $(JUDGES) ## the outside evaluator, where Node.js is present

$(JUDGES): tests/judges/package.json tests/judges/package-lock.json
	@if command -v npm >/dev/null; then \
		cd tests/judges && npm ci --no-audit --no-fund --silent && touch node_modules/.stamp; \
	elif [ -n "$$CI" ]; then echo "CI needs Node.js for the outside evaluator" >&2; exit 1; \
	else echo "no Node.js: the outside evaluator is left out" >&2; fi

browser: ## the browser that shows the page of `--format html`: CI gets it from Debian, elsewhere its lack is told
	@if command -v chromedriver >/dev/null && command -v chromium chromium-browser google-chrome >/dev/null; then :; \
	elif [ -n "$$CI" ]; then \
		echo "installing Chromium and its driver" >&2; \
		root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$root apt-get install -yqq --no-install-recommends \
			chromium chromium-driver fonts-dejavu-core >/dev/null; \
	else echo "no chromium and chromedriver: the tests of the page in a browser are left out" >&2; fi

emulator: $(STAMP) ## the local AWS, in an environment of its own
	@$(BIN)/python -c 'from zappa_iam_ext.rehearsal.local_aws.environment import local_aws_python as make; make(print)'

identities: $(STAMP) ## every environment, settings and files against the session that the real Zappa opens (minutes)
	EVERY=1 $(BIN)/pytest -q tests/functional/test_as_zappa_would.py

demo: $(DEMO)/.stamp ## the whole story on a local AWS
	@$(DEMO)/bin/zappa-iam demo

$(DEMO)/.stamp: pyproject.toml
	@echo "making an environment for the demo in $(DEMO)" >&2
	@$(PYTHON) -m venv $(DEMO)
	@$(DEMO)/bin/python -m pip install $(QUIET) --upgrade pip
	@$(DEMO)/bin/python -m pip install $(QUIET) --editable . flask
	@touch $@

benchmark: $(STAMP) ## ratios, measured
	$(BIN)/pytest tests/benchmarks --benchmark-enable --benchmark-only --override-ini addopts="" --import-mode=importlib

recordings: $(STAMP) ## record the real Zappa again (minutes)
	$(BIN)/python -m tests.recordings.record

denials: $(STAMP) ## deny each recorded call once and keep what Zappa makes of it (half an hour, resumable)
	$(BIN)/python -m tests.recordings.deny

scenarios: $(STAMP) ## the real Zappa in every scenario under its generated policy (minutes)
	ZAPPA_IAM_EXT_SCENARIOS=all $(BIN)/pytest -n 2 -q tests/functional/test_sufficient.py

faults: $(STAMP) ## every fault at each system call and each call of AWS: files, reading, commands, plans, keys (an hour)
	ZAPPA_IAM_EXT_FAULTS=all ZAPPA_IAM_EXT_EXAMPLES=300 $(BIN)/pytest -n 2 -q --dist worksteal \
		tests/functional/test_command_faults.py tests/functional/test_keys.py tests/functional/test_role_faults.py \
		tests/functional/test_faults.py tests/functional/test_reading_faults.py tests/property/test_plan_laws.py \
		tests/unit/aws/test_profile_files_faults.py

speed: $(STAMP) ## calls, rounds and processor time of a check by stages and policies (minutes)
	$(BIN)/pytest tests/benchmarks/test_reading.py --benchmark-enable --benchmark-only -s -q --override-ini addopts="" \
		--import-mode=importlib

races: $(STAMP) ## 20 writers of the files of profiles, 60 rounds; two processes that apply at once, 50 times (minutes)
	ZAPPA_IAM_EXT_RACES=all $(BIN)/pytest -n 0 -q tests/unit/aws/test_profile_files_races.py
	ZAPPA_IAM_EXT_RACES=all $(BIN)/pytest -n 0 -q tests/functional/test_races.py

runs: $(STAMP) ## the packaged application in the local Lambda under the computed role, every event, each grant dropped (minutes)
	ZAPPA_IAM_EXT_RUNS=all $(BIN)/pytest -n 2 -q --dist loadgroup tests/functional/test_execution_role_runs.py

stages: $(STAMP) ## two projects of two stages with one user, deployed by the real Zappa (minutes)
	ZAPPA_IAM_EXT_STAGES=all $(BIN)/pytest -n 0 -q tests/functional/test_several_stages.py -k real

docs: $(STAMP) ## write the generated pages again: permissions, comparisons, findings, guides, the demo and its lines in the README
	$(BIN)/python -m tests.generate.tables
	$(BIN)/python -m tests.generate.sbom
	$(BIN)/python -m tests.generate.pages
	$(BIN)/python -m tests.generate.findings
	$(BIN)/python -m tests.generate.role_comparison
	$(BIN)/python -m tests.generate.guides
	$(BIN)/python -m tests.generate.readme

snapshots: $(STAMP) ## typical reports, the picture in the docs and the documents of the execution role, written again
	$(BIN)/python -m tests.generate.reports
	$(BIN)/python -m tests.generate.runtime
	$(BIN)/python -m tests.generate.application

site: $(STAMP) ## the documentation as a site, without a warning: build/site
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html docs build/site

dist: $(STAMP) ## the wheel and the source distribution of a release, as a package index takes them
	@rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/twine check --strict dist/*

pictures: $(STAMP) ## the pictures of the page in the docs, taken in a real browser
	$(BIN)/python -m tests.generate.pictures

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

clean: ## remove what the targets made
	rm -rf $(VENV) $(DEMO) .cache dist build tests/judges/node_modules
