"""The documentation cannot drift: commands, settings, exit codes and links are those of the code."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest

from tests.support.page_commands import commands
from zappa_iam_ext import __all__ as public
from zappa_iam_ext.cli import COMMANDS, main
from zappa_iam_ext.config import ON_MISSING, IamExtSettings
from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.render.links import DOCUMENTATION

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
HOW_TO = (ROOT / "docs" / "how-to.md").read_text()
DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
]

PAGES = [page.read_text() for page in DOCUMENTS]


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_is_documented(name):
    assert command(name).help
    assert any(f"zappa-iam {name}" in page for page in PAGES)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name):
    for parameter in command(name).params:
        if isinstance(parameter, click.Option) and parameter.name not in {"output", "help"}:
            assert parameter.help, parameter.name


def test_every_option_that_the_documents_name_exists():
    known = {
        option for name in COMMANDS for p in command(name).params for option in p.opts + p.secondary_opts
    }
    for page in (README, HOW_TO):
        for line in re.findall(r"zappa-iam (?:[a-z-]+ [^\n`#]*)", page):
            named = set(re.findall(r"(?<![\w-])--[a-z-]+", line)) - {"--remove-logs"}
            assert named <= known, line


LINES = [
    pytest.param(step.text, id=f"{page.stem}:{step.line}")
    for page in DOCUMENTS
    for step in commands(page)
    if step.program.startswith("zappa-iam ")
]


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_every_page_is_one_that_the_command_line_takes(line):
    """Its commands, options, choices and the number of its words; the pages that are run are run elsewhere."""
    words = shlex.split(re.split(r"\s(?:[<>|]|&&)\s?", line)[0])[1:]
    found: click.Command = main
    while isinstance(found, click.Group):
        name = words.pop(0)
        inner = found.get_command(click.Context(found), name)
        assert inner is not None, name
        found = inner
    found.make_context(found.name, words)


@pytest.mark.parametrize("setting", [item.name for item in fields(IamExtSettings)])
def test_every_setting_is_in_the_how_to_with_its_default(setting):
    row = re.search(rf"^\| `{setting}` \| (.+?) \| .+ \|$", HOW_TO, re.MULTILINE)
    assert row, setting
    default = getattr(IamExtSettings(), setting)
    if isinstance(default, str) and default:
        assert row[1] == f"`{default}`"


def test_every_way_of_on_missing_is_in_the_how_to():
    assert all(f"`{way}`" in HOW_TO for way in ON_MISSING)


def test_the_exit_codes_are_those_of_the_code():
    told = {int(code) for code in re.findall(r"^\| ([0-9]+) \| ", README, re.MULTILINE)}
    assert told == set(ExitCode)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_resolve(document):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_public_names_that_the_readme_uses_exist():
    used = {
        name.strip()
        for line in re.findall(r"from zappa_iam_ext import (.+)", README + HOW_TO)
        for name in line.split(",")
    }
    assert used
    assert used <= set(public)


def test_what_make_help_lists_is_every_target_with_a_word_on_it():
    makefile = (ROOT / "Makefile").read_text()
    phony = " ".join(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)).split()
    told = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert set(phony) == told
    assert {"make test", "make demo"} <= set(re.findall(r"make [a-z]+", README))


OURS = "https://github.com/zappa-iam-ext/zappa-iam-ext/blob/main/"
RAW = "https://raw.githubusercontent.com/zappa-iam-ext/zappa-iam-ext/main/"
LATEST = f"{DOCUMENTATION}latest/"


def heading_anchors(page: Path) -> set[str]:
    """Return the anchors that MyST gives the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def source_of(address: str) -> Path:
    """Return the file of the tree that an address of ours shows: a file of the repository, or a page of the site."""
    if address.startswith((OURS, RAW)):
        return ROOT / address.removeprefix(OURS).removeprefix(RAW)
    if address.startswith("https://github.com/zappa-iam-ext/zappa-iam-ext/actions/"):
        return ROOT / ".github" / "workflows" / re.findall(r"workflows/([\w.-]+)", address)[0]
    page = address.removeprefix(LATEST)
    assert page != address, f"{address}: no address of the site"
    return ROOT / "docs" / re.sub(r"\.html$", ".md", page or "index.html")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", README))))
def test_each_link_of_the_readme_is_right_on_a_package_index(target):
    """Relative links lead nowhere there: each address is absolute, and shows a file or a page that there is."""
    assert target.startswith("https://"), f"{target} is relative"
    if target.startswith("https://img.shields.io/badge/"):
        return
    address, _, anchor = target.partition("#")
    source = source_of(address.partition("?")[0])
    assert source.is_file(), target
    assert not anchor or anchor in heading_anchors(source), target


def test_no_page_names_the_host_of_a_package_registry():
    assert not [
        page.name for page in DOCUMENTS if re.search(r"\bpypi\.|pythonhosted|npmjs", page.read_text("utf-8"))
    ]


def test_the_changelog_names_the_version_in_preparation_and_its_permissions():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    unreleased = changelog[changelog.index("## [Unreleased]") :]
    assert "### Permissions" in unreleased
    for name in COMMANDS:
        assert f"`zappa-iam {name}`" in unreleased, name


PACKAGE = ROOT / "zappa_iam_ext"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_architecture_names_every_room():
    rooms = {path.parent.name for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE}
    tables = {path.parent.name for path in PACKAGE.rglob("*.toml")} - {"findings"}
    assert {room for room in rooms | tables if f"{room}/" not in ARCHITECTURE} == set()


def test_every_module_and_file_that_the_architecture_and_the_checklists_name_is_there():
    rooms = ARCHITECTURE.partition("Inside the rooms")[2].partition("## Where")[0]
    modules = set(re.findall(r"`([a-z_]+)`", rooms))
    there = {path.stem for path in PACKAGE.rglob("*.py")}
    assert sorted(modules - there) == []
    contributing = (ROOT / "docs" / "contributing.md").read_text()
    files = set(re.findall(r"`((?:zappa_iam_ext|tests|docs)/[\w/.-]+)`", ARCHITECTURE + contributing))
    assert sorted(name for name in files if not (ROOT / name).exists()) == []


def test_the_example_of_accounts_runs():
    (example,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs" / "accounts.md").read_text(), re.MULTILINE | re.DOTALL
    )
    exec(compile(example, "docs/accounts.md", "exec"), {})  # noqa: S102  -- our own page
