"""The piece of a CI system's configuration that takes the role and deploys: printed, never written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from zappa_iam_ext.roles.providers import Federation

DEFAULT_BRANCH = "main"
_TEMPLATES: Mapping[str, str] = {
    "github": "github.yml",
    "github-enterprise": "github.yml",
    "github-ghe-com": "github.yml",
    "github-enterprise-server": "github.yml",
    "gitlab": "gitlab.yml",
    "gitlab-self-managed": "gitlab.yml",
    "bitbucket": "bitbucket.yml",
    "circleci": "circleci.yml",
    "terraform": "terraform.tf",
}
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
_PHASES = {"plan": "TFC_AWS_PLAN_ROLE_ARN", "apply": "TFC_AWS_APPLY_ROLE_ARN"}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a pipeline deploys: the stage, into which region, with which profile and Python."""

    stage: str
    region: str
    profile: str
    role_arn: str
    runtime: str = ""


def pipeline_text(federation: Federation, pipeline: Pipeline) -> str:
    """Return the configuration for a CI system, the credentials in the profile that Zappa's settings name."""
    given = federation.given
    python = re.search(r"\d+\.\d+", pipeline.runtime)
    values: Mapping[str, Callable[[], str]] = {
        "STAGE": lambda: _word(pipeline.stage),
        "REGION": lambda: pipeline.region,
        "PROFILE": lambda: _word(pipeline.profile),
        "ROLE_ARN": lambda: pipeline.role_arn,
        "AUDIENCE": lambda: federation.audience,
        "PYTHON": lambda: python[0] if python else "3.12",
        "FILE": lambda: _file(given),
        "TRIGGER": lambda: _trigger(given),
        "CALLER": lambda: _caller(given),
        "ENVIRONMENT": lambda: _environment(given),
        "DEPLOYMENT": lambda: _deployment(given),
        "RULE": lambda: _rule(given),
        "VARIABLE": lambda: _PHASES.get(given.get("run_phase", ""), "TFC_AWS_RUN_ROLE_ARN"),
    }
    template = (files(__package__) / "templates" / _TEMPLATES[federation.provider]).read_text(
        encoding="utf-8"
    )
    return re.sub("@([A-Z_]+)@", lambda found: values[found[1]](), template)


def _word(text: str) -> str:
    """Return a name as a shell and YAML take it for one word."""
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"


def _file(given: Mapping[str, str]) -> str:
    """Return where the workflow stands: a reusable one where its reference says."""
    if reference := given.get("job_workflow_ref"):
        owner, name, path = reference.partition("@")[0].split("/", 2)
        return f"{path} of {owner}/{name}"
    return ".github/workflows/deploy.yml"


def _caller(given: Mapping[str, str]) -> str:
    """Return the workflow that calls a reusable one, as a comment; empty where none is called."""
    if not given.get("job_workflow_ref"):
        return ""
    lines = [
        f"and in {given['repository']}, .github/workflows/deploy.yml:",
        "on:",
        *_on(given).splitlines(),
        "permissions:",
        "  id-token: write",
        "  contents: read",
        "jobs:",
        "  deploy:",
        f"    uses: {given['job_workflow_ref']}",
    ]
    return "".join(f"# {line}\n" for line in lines)


def _trigger(given: Mapping[str, str]) -> str:
    return "  workflow_call:" if given.get("job_workflow_ref") else _on(given)


def _on(given: Mapping[str, str]) -> str:
    if given.get("tag"):
        return f"  push:\n    tags: [{json.dumps(given['tag'])}]"
    if given.get("pull_request"):
        return "  pull_request:"
    return f"  push:\n    branches: [{json.dumps(given.get('branch') or DEFAULT_BRANCH)}]"


def _environment(given: Mapping[str, str]) -> str:
    return f"    environment: {json.dumps(given['environment'])}\n" if given.get("environment") else ""


def _deployment(given: Mapping[str, str]) -> str:
    """Return the deployment environment of a step, without which its id is not in the token."""
    if not given.get("environment_id"):
        return ""
    name = json.dumps(given.get("environment") or "production")
    return f"          deployment: {name} # the environment {given['environment_id']}\n"


def _rule(given: Mapping[str, str]) -> str:
    name, value = (
        ("TAG", given["tag"]) if given.get("tag") else ("BRANCH", given.get("branch", DEFAULT_BRANCH))
    )
    return f"'$CI_COMMIT_{name} == {json.dumps(value)}'"
