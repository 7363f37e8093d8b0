"""What teams put into their pipelines, run as a runner runs it, on a repository made for it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.github_api import github_api
from tests.support.runner import Runner
from tests.support.schemas import valid
from tests.support.workflows import zizmor

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ENVIRONMENT = Path(sys.executable).parents[1]
ACCOUNT = "123456789012"
DEV = {
    "app_function": "app.app",
    "project_name": "hello",
    "aws_region": "us-east-1",
    "s3_bucket": f"acme-{ACCOUNT}-deploy",
    "profile_name": "serverless",
}
QUEUE = {"function": "app.poll", "event_source": {"arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"}}
CHANGED = {"dev": {**DEV, "events": [QUEUE]}, "prod": {"extends": "dev"}}
MARK = "<!-- zappa-iam -->"


class Repository:
    """A repository whose last commit is a pull request's, beside a scratch folder of the runner."""

    def __init__(self, folder: Path, before: object, after: object) -> None:
        self.folder, self.scratch = folder / "repository", folder / "scratch"
        self.folder.mkdir()
        self.scratch.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.base = self.commit(before)
        self.commit(after)

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, settings: object) -> str:
        (self.folder / "zappa_settings.json").write_text(json.dumps(settings, indent=4))
        (self.folder / "app.py").write_text("app = None\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def runner(
        self, api: str, *, event: str = "pull_request", fork: bool = False, **environment: str
    ) -> Runner:
        payload = {
            "pull_request": {
                "number": 7,
                "base": {"sha": self.base},
                "head": {"repo": {"full_name": "someone/hello" if fork else "acme/hello"}},
            }
        }
        payload = payload if event == "pull_request" else {}
        (self.scratch / "event.json").write_text(json.dumps(payload))
        return Runner(
            ROOT / "action.yml",
            github={
                "action_path": str(ROOT),
                "workspace": str(self.folder),
                "event_name": event,
                "event": payload,
                "token": "secret-token",
            },
            environment={
                **{
                    name: value
                    for name, value in os.environ.items()
                    if not name.startswith(("GITHUB_", "AWS_"))
                },
                "GITHUB_API_URL": api,
                "GITHUB_EVENT_PATH": str(self.scratch / "event.json"),
                "GITHUB_REPOSITORY": "acme/hello",
                "GITHUB_STEP_SUMMARY": str(self.scratch / "summary.md"),
                "GITHUB_WORKSPACE": str(self.folder),
                "RUNNER_TEMP": str(self.scratch),
                **environment,
            },
            uses=self.uses,
            instead={"Install": self.install},
        )

    def install(self) -> None:
        if not (self.scratch / "zappa-iam").exists():
            (self.scratch / "zappa-iam").symlink_to(ENVIRONMENT)

    def uses(self, action: str, given: dict[str, str]) -> None:
        if action.startswith("actions/checkout@"):
            self.git("worktree", "add", "--quiet", "--detach", given["path"], given["ref"])
        else:
            assert action.startswith("github/codeql-action/upload-sarif@")
            found = sorted(Path(given["sarif_file"]).glob("*.sarif"))
            assert found
            for path in found:
                valid("lint", "sarif", path.read_text("utf-8"))

    @property
    def summary(self) -> str:
        return (self.scratch / "summary.md").read_text("utf-8")


@pytest.fixture
def api():
    with github_api() as served:
        yield served


@pytest.fixture
def made(tmp_path):
    return lambda before, after: Repository(tmp_path, before, after)


def test_a_pull_request_is_told_what_its_deployer_will_need_in_one_comment(api, made):
    repository = made({"dev": DEV}, CHANGED)
    api.by("User", f"{MARK} typed by hand")
    for _ in range(100):
        api.by("Bot", "of another tool")
    ran = repository.runner(api.address).run(sarif="true")
    assert ran.outputs == {"changed": "true", "exit-code": "0"}
    assert not ran.failed
    (own,) = [
        each for each in api.comments if each["body"].startswith(MARK) and each["user"]["type"] == "Bot"
    ]
    assert "+ lambda:CreateEventSourceMapping" in own["body"]
    assert "`dev` needs 5 more" in own["body"]
    assert "`prod` needs" in own["body"]
    assert ACCOUNT not in own["body"] + repository.summary
    assert len(own["body"]) < 65_536
    valid("diff", "markdown", own["body"].removeprefix(MARK))
    assert api.tokens == {"Bearer secret-token"}
    assert "Code scanning" in ran.used
    assert not (repository.folder / ".zappa-iam-base").exists(), "nothing is left that a package would hold"


@pytest.mark.longer
def test_the_same_comment_is_written_again_and_says_when_nothing_is_changed_any_more(api, made):
    repository = made({"dev": DEV}, CHANGED)
    repository.runner(api.address).run()
    (own,) = api.comments
    repository.git("worktree", "prune")
    repository.runner(api.address).run()
    assert [each["id"] for each in api.comments] == [own["id"]]
    assert "PATCH" not in " ".join(api.asked), "an equal comment is left alone"
    repository.commit({"dev": DEV})
    repository.git("worktree", "prune")
    ran = repository.runner(api.address).run()
    assert ran.outputs["changed"] == "false"
    (own,) = api.comments
    assert "changes nothing" in own["body"]


def test_a_change_that_needs_nothing_else_gets_no_comment(api, made):
    repository = made({"dev": DEV}, {"dev": {**DEV, "memory_size": 1024}})
    ran = repository.runner(api.address).run()
    assert ran.outputs["changed"] == "false"
    assert api.comments == []
    assert "changes nothing" in repository.summary


def test_a_fork_gets_no_comment_and_no_call_of_aws(api, made):
    repository = made({"dev": DEV}, CHANGED)
    ran = repository.runner(api.address, fork=True, AWS_ENDPOINT_URL="http://127.0.0.1:9").run(
        run="diff lint check"
    )
    assert not ran.failed
    assert api.asked == []
    assert "No check: a pull request from a fork has no credentials of AWS" in ran.text["Report"]
    assert "lambda:CreateEventSourceMapping" in repository.summary


@pytest.mark.longer
def test_a_comment_that_may_not_be_written_is_a_warning(api, made):
    api.refuses = True
    ran = made({"dev": DEV}, CHANGED).runner(api.address).run()
    assert not ran.failed
    assert "::warning title=zappa-iam::The comment could not be written" in ran.text["Report"]


@pytest.mark.longer
def test_settings_that_cannot_be_read_end_with_2(api, made):
    ran = made({"dev": DEV}, {"dev": {**DEV, "s3_bucket": "No Bucket"}}).runner(api.address).run()
    assert ran.codes["Verdict"] == 2
    assert "::error title=zappa-iam diff::" in ran.text["Report"]


@pytest.mark.longer
def test_a_push_has_no_diff(api, made):
    ran = made({"dev": DEV}, CHANGED).runner(api.address, event="push").run()
    assert "No diff: this is no pull request" in ran.text["Report"]
    assert not ran.failed
    assert api.asked == []


@pytest.mark.longer
def test_an_unknown_command_is_refused(api, made):
    ran = made({"dev": DEV}, CHANGED).runner(api.address).run(run="diff deploy")
    assert ran.codes["Report"] == 1
    assert "run: 'deploy' is none of diff, lint, check" in ran.text["Report"]
    assert ran.codes["Verdict"] == 2


def test_policy_files_that_lint_finds_fault_with_end_with_1(api, made):
    repository = made({"dev": DEV}, {"dev": DEV})
    wide = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    (repository.folder / "policy.json").write_text(json.dumps(wide))
    ran = repository.runner(api.address).run(run="lint", policies="policy.json")
    assert ran.codes["Verdict"] == 1
    assert re.search(r"^::error file=policy.json,line=\d+,", ran.text["Report"], re.MULTILINE)


@pytest.mark.aws
def test_the_check_fails_the_job_when_aws_denies(api, made, newcomer):
    newcomer.user("serverless")
    repository = made({"dev": DEV}, {"dev": DEV})
    named = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL", "HOME")
    environment = {name: os.environ[name] for name in named if name in os.environ}
    ran = repository.runner(api.address, **environment).run(run="check")
    assert ran.codes["Verdict"] == 1, ran.text
    assert "may not deploy" in repository.summary


def test_zizmor_and_the_schema_have_nothing_against_the_action():
    assert zizmor(ROOT / "action.yml") == ""
    schema = ("-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions")
    subprocess.run([sys.executable, *schema, str(ROOT / "action.yml")], check=True, capture_output=True)


def gitlab(**inputs: str) -> dict[str, dict[str, object]]:
    """Return the jobs of the template with its inputs filled in, as GitLab does."""
    text = (ROOT / "pipelines" / "gitlab" / "zappa-iam.gitlab-ci.yml").read_text("utf-8")
    head, _, body = text.partition("\n---\n")
    defaults = {name: row["default"] for name, row in yaml.safe_load(head)["spec"]["inputs"].items()}
    given = {**defaults, **{name.replace("_", "-"): value for name, value in inputs.items()}}
    return yaml.safe_load(re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: given[found[1]], body))


def run_job(repository: Repository, job: str, **environment: str) -> subprocess.CompletedProcess[str]:
    jobs = gitlab()
    (repository.folder / ".zappa-iam").mkdir(exist_ok=True)
    if not (repository.folder / ".zappa-iam" / "bin").exists():
        (repository.folder / ".zappa-iam" / "bin").symlink_to(ENVIRONMENT / "bin")
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(jobs[job]["script"])],
        cwd=repository.folder,
        env={**os.environ, **jobs[".zappa-iam"]["variables"], **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_jobs_of_gitlab_write_what_a_merge_request_shows(made):
    repository = made({"dev": DEV}, CHANGED)
    repository.git("remote", "add", "origin", str(repository.folder))
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    done = run_job(repository, "zappa-iam-diff", CI_MERGE_REQUEST_DIFF_BASE_SHA=repository.base)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "needs 5 more" in done.stdout
    told = (repository.folder / "zappa-iam-code-quality.json").read_text()
    assert any(each["location"]["path"] == "zappa_settings.json" for each in valid("diff", "gitlab", told))
    assert ACCOUNT not in told
    done = run_job(repository, "zappa-iam-lint")
    assert done.returncode == 0, done.stdout + done.stderr
    valid("lint", "gitlab", (repository.folder / "zappa-iam-code-quality.json").read_text())


def test_the_template_of_gitlab_is_as_its_schema_wants(tmp_path):
    path = tmp_path / "jobs.gitlab-ci.yml"
    path.write_text(yaml.safe_dump(gitlab(role_arn=f"arn:aws:iam::{ACCOUNT}:role/deploy")))
    schema = ("-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci")
    subprocess.run([sys.executable, *schema, str(path)], check=True, capture_output=True)


def hooks() -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}


def test_the_hooks_are_valid_and_match_what_they_are_for():
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    policy, lint = (re.compile(hooks()[name]["files"]) for name in ("zappa-iam-policy", "zappa-iam-lint"))
    for path in ("zappa_settings.json", "api/zappa_settings.yml", "deploy-policy.json", "iam/policies.json"):
        assert policy.search(path), path
    for path in ("app.py", "policy.md", "my_zappa_settings.json.bak"):
        assert not policy.search(path), path
    assert lint.search("iam/ZappaLambdaDeploymentPolicy.json") is None, (
        "a name in capitals is given by `files`"
    )
    assert lint.search("iam/deploy-policy.json")


def run_hook(name: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(ENVIRONMENT / "bin" / "zappa-iam"), *str(hooks()[name]["entry"]).split()[1:]]
    return subprocess.run([*command, *arguments], cwd=cwd, check=False, capture_output=True, text=True)


def test_the_hook_fails_when_the_settings_changed_and_the_policy_did_not(made):
    repository = made({"dev": DEV}, {"dev": DEV})
    asked = ("dev", "--account", ACCOUNT)
    written = run_hook("zappa-iam-policy", *asked, "-o", "policy.json", cwd=repository.folder)
    assert (written.returncode, written.stdout) == (0, "")
    check = (*asked, "--check", "policy.json")
    assert run_hook("zappa-iam-policy", *check, cwd=repository.folder).returncode == 0
    kept = (repository.folder / "policy.json").read_text()
    (repository.folder / "policy.json").write_text(kept.replace(ACCOUNT, "<ACCOUNT_ID>").replace("\n", ""))
    assert run_hook("zappa-iam-policy", *check, cwd=repository.folder).returncode == 0, "written otherwise"
    repository.commit(CHANGED)
    done = run_hook("zappa-iam-policy", *check, cwd=repository.folder)
    assert done.returncode == 1
    assert re.search(r'^\+ .*"lambda:CreateEventSourceMapping"', done.stdout, re.MULTILINE)
    advice = done.stderr.rpartition("Write it again: zappa-iam ")[2]
    assert run_hook("zappa-iam-policy", *shlex.split(advice)[1:], cwd=repository.folder).returncode == 0
    assert run_hook("zappa-iam-policy", *check, cwd=repository.folder).returncode == 0
    assert run_hook("zappa-iam-policy", *asked, "--check", "none.json", cwd=repository.folder).returncode == 2


@pytest.mark.longer
def test_pre_commit_itself_installs_and_runs_a_hook(made):
    repository = made({"dev": DEV}, {"dev": DEV})
    source = repository.scratch / "source"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".git", ".venv*", "node_modules", "tests", "docs", ".cache"),
    )
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=source, check=True)
    run_hook("zappa-iam-policy", "dev", "--account", ACCOUNT, "-o", "policy.json", cwd=repository.folder)
    repository.git("add", ".")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pre_commit",
            "try-repo",
            str(source),
            "zappa-iam-lint",
            "--files",
            "policy.json",
        ],
        cwd=repository.folder,
        env={**os.environ, "PRE_COMMIT_HOME": str(repository.scratch / "pre-commit")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


@pytest.mark.longer
def test_the_action_installs_itself(api, made):
    runner = made({"dev": DEV}, CHANGED).runner(api.address)
    runner.instead = {}
    assert not runner.run().failed
    assert api.comments
