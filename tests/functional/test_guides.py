"""The guides: what they show is what their commands print, CI systems take it, and each line runs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import validators

from tests.generate import guides
from tests.support.newcomer import Newcomer, iam
from tests.support.page_commands import commands, written_files
from tests.support.reader import Reader, at_home
from tests.support.workflows import actionlint, zizmor

SCHEMAS = {"github": "github-workflows", "gitlab": "gitlab-ci", "bitbucket": "bitbucket-pipelines"}
GAPS = [
    *((guide, gap) for guide, gap, _ in guides.WALKED if guide in SCHEMAS),
    *((guide, gap) for guide, gap, _ in guides.COPIED),
]


#: What no test can run here: GitHub's own API, Identity Center's sign-in and what needs its session.
ELSEWHERE = {
    "gh api repos/acme/shop --jq '.owner.id, .id'",
    "aws configure sso --profile serverless",
    "aws sso login --profile serverless",
    "zappa-iam check production",
    "zappa update production",
}


@pytest.mark.aws
@pytest.mark.parametrize(
    ("guide", "gap", "begins"), guides.WALKED, ids=[guide for guide, *_ in guides.WALKED]
)
def test_each_line_of_a_guide_runs_and_prints_what_it_shows(
    newcomer: Newcomer, monkeypatch, guide, gap, begins
):
    newcomer.administrator()
    guides.prepare(guide, newcomer.folder)
    _in_a_clone(newcomer.folder)
    monkeypatch.setenv("BITBUCKET_PR_DESTINATION_BRANCH", "main")
    prints = guides.lines_before(guide, gap)[-1]
    shown = ""
    for step in commands(guides.GUIDES / f"{guide}.md"):
        if step.text in ELSEWHERE:
            continue
        words = shlex.split(step.text)
        if words[0] == "zappa-iam":
            done = iam(*words[1:], *(["--yes"] if words[1] == "apply" else []))
            assert done.exit_code == 0, f"{step.text}\n{done.stdout}{done.stderr}"
            shown = done.stdout if step.text == prints else shown
        else:
            subprocess.run(["bash", "-c", step.text], check=True, capture_output=True)
    assert guides.shown(guide, gap) == guides.printed(
        shown.replace(newcomer.account, guides.ACCOUNT), begins
    ), "`make docs` writes it again"


def _in_a_clone(folder: Path) -> None:
    """Make a project a clone of a repository whose branch ``main`` has it."""
    git = ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.com"]
    upstream = folder.parent / "upstream.git"
    for words in (
        ["init", "--quiet", "--bare", str(upstream)],
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "All of it"],
        ["remote", "add", "origin", str(upstream)],
        ["push", "--quiet", "origin", "main"],
    ):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)


def test_what_is_run_elsewhere_is_in_a_guide():
    told = {step.text for page in guides.GUIDES.glob("*.md") for step in commands(page)}
    assert told >= ELSEWHERE


@pytest.mark.parametrize(("guide", "gap", "begins"), guides.COPIED, ids=["github", "gitlab"])
def test_what_a_guide_shows_of_another_page_is_as_it_stands_there(guide, gap, begins):
    assert guides.shown(guide, gap) == guides.copied(begins), "`make docs` writes it again"


@lru_cache
def validator(name: str) -> Any:
    folder = files("check_jsonschema.builtin_schemas") / "vendor"
    schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return validators.validator_for(schema)(schema)


def _as_the_schema_has_it(read: Any) -> Any:
    """Return what was read as text with the booleans that schemas want."""
    if isinstance(read, Mapping):
        return {key: _as_the_schema_has_it(value) for key, value in read.items()}
    if isinstance(read, list):
        return [_as_the_schema_has_it(each) for each in read]
    return {"true": True, "false": False, "": None}.get(read, read)


@pytest.mark.parametrize(("guide", "gap"), GAPS)
def test_the_ci_system_takes_it_by_its_own_schema(guide, gap):
    read = yaml.load(guides.shown(guide, gap), Loader=yaml.BaseLoader)  # noqa: S506  -- `on` is no boolean to them
    errors = validator(SCHEMAS[guide]).iter_errors(_as_the_schema_has_it(read))
    assert [error.message for error in errors] == []


@pytest.mark.node
@pytest.mark.parametrize(
    "gap", [gap for guide, gap in GAPS if guide == "github"], ids=["deploy", "permissions"]
)
def test_actionlint_has_nothing_against_the_workflows_for_github(gap, tmp_path):
    (tmp_path / "shown.yml").write_text(guides.shown("github", gap))
    assert actionlint(tmp_path / "shown.yml") == []


@pytest.mark.slow
def test_zizmor_finds_nothing_in_the_workflow_that_deploys(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "deploy.yml").write_text(guides.shown("github", guides.PRINTED))
    assert zizmor(tmp_path / ".github") == ""


PLATFORM = guides.GUIDES / "platform-team.md"
PROJECTS = ("billing", "shop", "search", "mail", "stock", "login", "media", "maps", "forum", "jobs")
AWS = """#!{python}
# `aws SERVICE OPERATION --option value ...`, as far as the guide uses it.
import sys, boto3
from pathlib import Path
service, operation, *rest = sys.argv[1:]
given = dict(zip((name.removeprefix("--") for name in rest[::2]), rest[1::2]))
client = boto3.Session(profile_name=given.pop("profile"), region_name="us-east-1").client(service)
names = {{name: "".join(part.title() for part in name.split("-")) for name in given}}
value = lambda text: Path(text.removeprefix("file://")).read_text() if text.startswith("file://") else text
getattr(client, operation.replace("-", "_"))(**{{names[name]: value(text) for name, text in given.items()}})
"""


def at_a_platform_team(newcomer: Newcomer, tmp_path: Path, projects: tuple[str, ...]) -> Reader:
    """Return somebody with the folders of the guide, whose settings differ by the project's name."""
    newcomer.administrator()
    folder, programs = tmp_path / "platform", tmp_path / "programs"
    programs.mkdir()
    for file in written_files(PLATFORM):
        for project in projects if file.name.startswith("projects/") else ("",):
            path = folder / file.name.replace("shop", project or "shop")
            path.parent.mkdir(parents=True, exist_ok=True)
            body = file.body.replace(guides.ACCOUNT, newcomer.account)
            path.write_text(body.replace('"shop"', f'"{project}"').replace("acme-shop", f"acme-{project}"))
    here = Path(os.sys.executable).parent
    (programs / "aws").write_text(AWS.format(python=here / "python"))
    (programs / "aws").chmod(0o755)
    path = os.pathsep.join([str(programs), str(here), os.environ["PATH"]])
    return Reader(
        folder,
        dict(at_home(newcomer.home, AWS_ENDPOINT_URL=newcomer.aws.endpoint, PATH=path)),
        tmp_path,
        watch=print,
    )


@pytest.mark.aws
@pytest.mark.longer
def test_ten_projects_are_provisioned_and_none_reaches_another(newcomer: Newcomer, tmp_path):
    reader = at_a_platform_team(newcomer, tmp_path, PROJECTS)
    for step in commands(PLATFORM):
        code, said = reader.types(step.text.replace(guides.ACCOUNT, newcomer.account))
        assert code == 0, f"{PLATFORM.name}:{step.line}: {step.text}\n{said}"
    client = newcomer.aws.client("iam")
    for project in PROJECTS:
        role = client.get_role(RoleName=f"{project}-zappa-deployer")["Role"]
        (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert f"repo:acme/{project}:ref:refs/heads/main" in json.dumps(trusted)
        execution = client.get_role(RoleName=f"{project}-production-ZappaLambdaExecutionRole")["Role"]
        assert execution["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/TeamBoundary")
        (policy,) = client.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        version = client.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        held = client.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
        text = json.dumps(held["PolicyVersion"]["Document"])
        assert f"function:{project}-production" in text
        assert [other for other in PROJECTS if other != project and f"{other}-production" in text] == []
    reader.folder = tmp_path / "platform"
    code, again = reader.types("bash provision.sh plan")
    assert code == 0
    assert again.count("No changes: nothing to do.") == len(PROJECTS), again
