"""``zappa-iam explain`` with a STAGE, in CI, and on hostile texts: the command as a person or a pipeline runs it."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.cli import main
from zappa_iam_ext.permissions.denials.explain import explain_all
from zappa_iam_ext.permissions.denials.parse import parse_denials
from zappa_iam_ext.render.explanation import explanation_github, explanation_json, explanation_text

USER = "arn:aws:iam::123456789012:user/serverless"
SETTINGS = {
    "dev": {
        "app_function": "app.app",
        "aws_region": "us-east-1",
        "profile_name": "serverless",
        "project_name": "hello",
        "s3_bucket": "zappa-hello",
        "events": [
            {
                "function": "app.work",
                "event_source": {"arn": "arn:aws:sqs:us-east-1:123456789012:jobs", "events": ["sqs"]},
            },
            {"function": "app.tick", "expression": "rate(1 day)"},
        ],
    },
    "prod": {
        "extends": "dev",
        "iam_ext": {"user_name": "deployer"},
        "manage_roles": False,
        "role_name": "hello-prod-role",
    },
    "edge": {"extends": "dev", "apigateway_version": "v2"},
}


def denied(action: str, resource: str, principal: str = USER) -> str:
    return f"User: {principal} is not authorized to perform: {action} on resource: {resource}"


FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"
CREATE = denied("lambda:CreateFunction", FUNCTION)


def run(*arguments, text=None):
    return CliRunner().invoke(main, ["explain", *arguments], input=text)


def answer(*arguments, text=None):
    result = run("--json", *arguments, text=text)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def project(clean):
    path = clean.parent / "project" / "zappa_settings.json"
    path.write_text(json.dumps(SETTINGS), encoding="utf-8")
    return path


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "text", "stage"),
    [
        pytest.param(("dev",), CREATE, "dev", id="a stage, the text on stdin"),
        pytest.param(("dev", "-"), CREATE, "dev", id="a stage and a dash"),
        pytest.param(("dev", CREATE), None, "dev", id="a stage and the text"),
        pytest.param(("dev", *CREATE.split()), None, "dev", id="a stage and the words of a text"),
        pytest.param((), CREATE, None, id="no stage: no settings are read"),
        pytest.param((CREATE,), None, None, id="a text alone"),
        pytest.param(tuple(CREATE.split()), None, None, id="the words of a text"),
        pytest.param(("-",), CREATE, None, id="a dash alone"),
        pytest.param(("AccessDenied",), None, None, id="one word that is a denial"),
    ],
)
def test_stage_and_text_are_told_apart(arguments, text, stage) -> None:
    assert answer(*arguments, text=text)["stage"] == stage


def test_a_settings_file_may_be_named(project, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert answer("dev", "-s", str(project), text=CREATE)["stage"] == "dev"


def test_the_only_stage_of_a_named_file_is_meant(project, tmp_path) -> None:
    only = tmp_path / "only.json"
    only.write_text(json.dumps({"dev": SETTINGS["dev"]}), encoding="utf-8")
    assert answer("-s", str(only), text=CREATE)["stage"] == "dev"
    several = run("-s", str(project), text=CREATE)
    assert several.exit_code == 2
    assert "several stages: dev, prod, edge" in several.stderr
    assert "--all" not in several.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        pytest.param(("nope",), CREATE, "no stage 'nope'", id="a stage that the settings do not have"),
        pytest.param(("dev", "-s", "none.json"), CREATE, "no settings file none.json", id="no such file"),
        pytest.param(("dev",), "Deployment complete!", "no access denial", id="no denial"),
        pytest.param(("dev",), "", "no text", id="no text"),
    ],
)
def test_what_cannot_be_explained_ends_with_2(arguments, text, words) -> None:
    result = run(*arguments, text=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.usefixtures("clean")
def test_without_settings_a_text_is_explained_all_the_same() -> None:
    assert answer(text=CREATE)["action"] == "lambda:CreateFunction"


def test_settings_that_cannot_be_read_do_not_hide_a_text(project) -> None:
    project.write_text("{", encoding="utf-8")
    assert answer(*CREATE.split())["stage"] is None


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("stage", "text", "resource", "needed"),
    [
        pytest.param("dev", CREATE, FUNCTION, True, id="the stage's function"),
        pytest.param(
            "dev",
            denied("lambda:CreateFunction", "arn:aws:lambda:us-east-1:***:function:***"),
            FUNCTION,
            None,
            id="blacked out: the stage's own ARN in the user's account",
        ),
        pytest.param(
            "dev",
            "An error occurred (AccessDenied) when calling the CreateBucket operation: Access Denied",
            "arn:aws:s3:::zappa-hello",
            True,
            id="no resource named: the stage's bucket",
        ),
        pytest.param("prod", CREATE, FUNCTION, False, id="the function of another stage is not this stage's"),
        pytest.param(
            "dev",
            denied("lambda:CreateFunction", FUNCTION.replace("us-east-1", "eu-west-1")),
            FUNCTION.replace("us-east-1", "eu-west-1"),
            False,
            id="another region is not this stage's",
        ),
        pytest.param(
            "dev",
            denied("apigateway:POST", "arn:aws:apigateway:us-east-1::/apis"),
            "arn:aws:apigateway:us-east-1::/apis",
            False,
            id="/apis is none of a REST stage's",
        ),
        pytest.param(
            "edge",
            denied("apigateway:POST", "arn:aws:apigateway:us-east-1::/apis"),
            "arn:aws:apigateway:us-east-1::/apis",
            True,
            id="/apis is an HTTP stage's",
        ),
        pytest.param(
            "edge",
            denied("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis"),
            "arn:aws:apigateway:us-east-1::/restapis",
            False,
            id="/restapis is none of an HTTP stage's",
        ),
        pytest.param(
            "dev",
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for"
            " other-releases/tool.zip. S3 Error Code: AccessDenied.",
            "arn:aws:s3:::other-releases/tool.zip",
            False,
            id="another bucket's object is not the stage's",
        ),
        pytest.param(
            "dev",
            denied(
                "logs:DeleteLogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hello-dev:*"
            ),
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hello-dev:*",
            True,
            id="a call that a flag adds is the stage's too",
        ),
    ],
)
def test_only_the_calls_of_the_stage_count(stage, text, resource, needed) -> None:
    told = answer(stage, text=text)
    if needed is None:
        assert told["statements"][0]["Resource"] in {resource, resource.replace("hello-dev", "<NAME>")}
        return
    assert bool(told["reasons"]) is needed
    assert any(
        resource in ([item["Resource"]] if isinstance(item["Resource"], str) else item["Resource"])
        for item in told["statements"]
    )
    assert (f"Not of stage {stage}" in told["fix"]) is not needed
    assert ("adds what is missing" in told["fix"]) is (needed and stage != "prod")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("stage", "principal", "caller", "place", "words"),
    [
        pytest.param(
            "dev",
            "arn:aws:sts::123456789012:assumed-role/hello-dev-ZappaLambdaExecutionRole/hello-dev",
            "execution-role",
            "extra_permissions",
            "then run zappa update dev",
            id="the stage's role, which Zappa writes",
        ),
        pytest.param(
            "prod",
            "arn:aws:sts::123456789012:assumed-role/hello-prod-role/hello-prod",
            "execution-role",
            "the policy of the role hello-prod-role",
            "manage_roles is false",
            id="the stage's role by role_name, which Zappa does not write",
        ),
        pytest.param(
            "dev",
            "arn:aws:sts::123456789012:assumed-role/other/hello-dev",
            "execution-role",
            "the policy of the role other",
            "not the role of stage dev, which runs as hello-dev-ZappaLambdaExecutionRole",
            id="the function's session, of a role that the settings do not name",
        ),
        pytest.param(
            "dev",
            "arn:aws:sts::123456789012:assumed-role/shop-prod-ZappaLambdaExecutionRole/shop-prod",
            "execution-role",
            "the policy of the role shop-prod-ZappaLambdaExecutionRole",
            "not the role of stage dev",
            id="another project's role",
        ),
        pytest.param(
            "prod",
            "arn:aws:iam::123456789012:user/jo",
            "deployer",
            "the policy of whoever deploys",
            "The user jo was denied; stage prod is deployed as deployer",
            id="another user than the one that the settings name",
        ),
        pytest.param(
            "dev",
            "arn:aws:iam::123456789012:user/jo",
            "deployer",
            "the policy of whoever deploys",
            "the user of the profile serverless; where that is not jo",
            id="a user that may not be the profile's",
        ),
    ],
)
def test_the_principal_is_compared_with_the_stage(stage, principal, caller, place, words) -> None:
    text = denied("s3:PutObject", f"arn:aws:s3:::zappa-hello/hello-{stage}-1234567890.zip", principal)
    told = answer(stage, text=text)
    assert (told["principal_kind"], told["place"]) == (caller, place)
    assert words in told["fix"]


@pytest.mark.usefixtures("project")
def test_what_the_role_reads_is_named_by_the_settings() -> None:
    text = "The provided execution role does not have permissions to call ReceiveMessage on SQS"
    (statement,) = answer("dev", text=text)["statements"]
    assert statement["Resource"] == "arn:aws:sqs:us-east-1:123456789012:jobs"
    without = run(text=text).stdout
    assert '"Resource": "*"' in without
    assert "put its ARN in the place of *" in without


@pytest.mark.usefixtures("project")
def test_the_function_that_a_service_may_not_invoke_is_named_by_the_settings() -> None:
    told = answer("dev", text="Unable to validate the following destination configurations")
    assert "--function-name hello-dev " in told["fix"]
    assert told["principal_kind"] == "service"


COMMAND = re.compile(r"^\s*::(?!error title=)|##\[", re.MULTILINE)
HOSTILE = (
    "User: arn:aws:iam::1:user/x\n::error::pwned is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/##[error]k",
    "An error occurred (AccessDenied) when calling the X%0A::set-output_name=a::b operation: Access Denied",
    denied("lambda:GetFunction", "arn:aws:lambda:us-east-1:1:function:a\r::stop-commands::x"),
    denied(
        "lambda:Get\x1b[31mFunction", "arn:\u202e\x07aws:lambda:us-east-1:1:function:b%0D%0A::add-mask::c"
    ),
    denied("s3:GetObject", "arn:aws:s3:::b/::warning::x")
    + " with an explicit deny in an identity-based policy: ##[group]x",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_cannot_command_the_runner_or_the_terminal(text: str) -> None:
    result = run("--format", "github", text=text)
    assert result.exit_code == 0
    assert not COMMAND.search(result.stdout)
    assert all(line.startswith("::error title=Denied") for line in result.stdout.splitlines())
    plain = run(text=text)
    assert plain.exit_code == 0
    assert plain.stdout.replace("\n", "").isprintable()
    assert not re.search(r"^\s*::", plain.stdout, re.MULTILINE)


def test_github_gets_a_line_for_each_denial() -> None:
    log = f"{CREATE}\n{CREATE.replace('CreateFunction', 'GetFunction')}\n"
    lines = run("--format", "github", text=log).stdout.splitlines()
    assert [line.partition("::on")[0] for line in lines] == [
        "::error title=Denied%3A lambda%3ACreateFunction",
        "::error title=Denied%3A lambda%3AGetFunction",
    ]
    assert "%0AFix: zappa-iam apply STAGE" in lines[0]


@given(st.text(max_size=300), st.sampled_from(HOSTILE), st.integers(0, 300))
def test_any_text_is_rendered_safely(noise: str, text: str, at: int) -> None:
    explanations = explain_all(parse_denials(text[:at] + noise + text[at:]))
    if explanations:
        json.loads(explanation_json(explanations))
        assert not COMMAND.search(explanation_github(explanations))
        assert not re.search(r"^\s*::", explanation_text(explanations), re.MULTILINE)


PIECES = (
    "2026-01-01 INFO uploading app.zip to bucket zappa-hello part 1/200 (12.5MB/s) some words here and there\n",
    "User: arn:aws:iam::1:user/x is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:us-east-1:1:function:a\n",
    "not authorized to perform Xxxxx ",
    "error occurred (403) when calling the X operation: ",
    "permission to call s3:GetObject ",
    "User: ",
    "cannot be assumed by ",
    "AccessDenied ",
)


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_grows_with_the_length_of_the_text(piece: str, clock) -> None:
    """Eight times the text takes about eight times as long: no piece makes the reading quadratic."""
    short, long = (piece * (size // len(piece)) for size in (60_000, 480_000))
    assert clock(lambda: parse_denials(long), 2) < 24 * max(clock(lambda: parse_denials(short), 3), 0.002)


def test_a_log_of_a_megabyte_is_read_to_its_middle() -> None:
    noise = PIECES[0] * 5_000
    (denial,) = parse_denials(f"{noise}{CREATE}\n{noise}")
    assert denial.action == "lambda:CreateFunction"


def test_what_is_printed_carries_stage_file_profile_and_region(project) -> None:
    given = ("-s", str(project), "--profile", "serverless", "--region", "us-east-1")
    told = answer("dev", *given, text=CREATE)["fix"]
    line = f"zappa-iam apply dev -s {project} --profile serverless --region us-east-1 --admin-profile PROFILE"
    assert line in told
    own = answer("dev", *given, text=denied("iam:GetUser", USER))["fix"]
    assert line in own
    assert "STAGE" not in own
    assert f"zappa-iam explain dev -s {project} --profile" in run(*given, text=CREATE).stderr


def test_the_stage_names_the_access_points_that_a_function_mounts(project) -> None:
    point = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1"
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    efs = {**SETTINGS["dev"], "vpc_config": vpc, "efs_config": [{"Arn": point, "LocalMountPath": "/mnt/efs"}]}
    project.write_text(json.dumps({"dev": efs}), encoding="utf-8")
    told = answer("dev", text="EFSMountFailureException: The function couldn't mount the EFS file system")
    (statement,) = told["statements"]
    assert statement["Condition"] == {"ArnLike": {"elasticfilesystem:AccessPointArn": point}}
    assert told["fix"].endswith("then run zappa update dev.")


ROLE = "arn:aws:sts::123456789012:assumed-role/{role}/{session}"


@pytest.mark.parametrize(
    ("settings", "text", "caller", "setting"),
    [
        pytest.param(
            {"vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
            "lambda", "vpc_config", id="Lambda validates the role for a VPC",
        ),
        pytest.param(
            {"events": [{"function": "a.b", "event_source": {"arn": "arn:aws:sqs:us-east-1:123456789012:jobs"}}]},
            "The function execution role does not have permissions to call DeleteMessage on SQS",
            "poller", "events", id="a poller reads a queue",
        ),
        pytest.param(
            {"xray_tracing": True},
            "The provided execution role does not have permissions to call PutTraceSegments on XRAY",
            "lambda", "xray_tracing", id="traces",
        ),
        pytest.param(
            {},
            f"User: {ROLE.format(role='hello-dev-ZappaLambdaExecutionRole', session='BackplaneAssumeRoleSession')} is not authorized to perform:"
            " lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:hello-dev",
            "api-gateway", "", id="API Gateway calls the function by its role",
        ),
        pytest.param(
            {"async_response_table": "answers", "async_resources": True},
            f"User: {ROLE.format(role='hello-dev-ZappaLambdaExecutionRole', session='hello-dev')} is not authorized to perform:"
            " dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/answers",
            "function", "async_response_table", id="the table of answers",
        ),
    ],
)  # fmt: skip
def test_what_of_the_settings_asks_the_role_for_it(project, settings, text, caller, setting) -> None:
    project.write_text(json.dumps({"dev": SETTINGS["dev"] | settings}), encoding="utf-8")
    told = answer("dev", text=text)
    reasons = [reason for reason in told["reasons"] if reason["caller"] != "zappa"]
    assert {(reason["caller"], reason["setting"]) for reason in reasons} == {(caller, setting)}
    assert "zappa-iam role ensure dev adds it" in told["fix"]
    assert "zappa-iam apply" not in told["fix"]
    assert told["denial"]["by_role"]


def test_the_same_action_on_something_of_the_applications_own_is_declared(project) -> None:
    project.write_text(
        json.dumps({"dev": SETTINGS["dev"] | {"async_response_table": "answers"}}), encoding="utf-8"
    )
    session = ROLE.format(role="hello-dev-ZappaLambdaExecutionRole", session="hello-dev")
    told = answer(
        "dev",
        text=f"User: {session} is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/orders",
    )
    assert told["reasons"] == []
    assert "iam_ext.permissions and run zappa-iam role ensure dev" in told["fix"]


def test_a_role_of_another_stage_is_not_asked_by_this_one(project) -> None:
    project.write_text(json.dumps({"dev": SETTINGS["dev"]}), encoding="utf-8")
    session = ROLE.format(role="hello-prod-ZappaLambdaExecutionRole", session="hello-prod")
    told = answer(
        "dev",
        text=f"User: {session} is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:hello-dev",
    )
    assert told["reasons"] == []
    assert "It is not the role of stage dev" in told["fix"]
