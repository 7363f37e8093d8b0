"""``zappa-iam explain`` as a person uses it: an argument, a pipe, JSON, an encoded message, a text that is no denial."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner

from zappa_iam_ext.cli import main
from zappa_iam_ext.workflow import decoding

USER = "arn:aws:iam::123456789012:user/serverless"
ENCODED = "4GIOHlTkIaWHQD0Q0m6XSnuUMCm-_abcdefghijklmnopqrstuvwxyz0123456789"
DENIED = (
    "An error occurred (AccessDeniedException) when calling the CreateFunction operation: User: "
    + USER
    + " is not "
    "authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:app-dev "
    "because no identity-based policy allows the lambda:CreateFunction action"
)
EC2 = (
    "An error occurred (UnauthorizedOperation) when calling the DescribeSubnets operation: You are not authorized to "
    f"perform this operation. Encoded authorization failure message: {ENCODED}"
)


def run(*arguments, text=None):
    return CliRunner().invoke(main, ["explain", *arguments], input=text)


@pytest.fixture
def no_aws(monkeypatch, tmp_path):
    """No credentials anywhere: nothing can be asked of AWS."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def sts(monkeypatch):
    """An STS client whose answers are laid down, in the place of the profile's own."""
    client = boto3.client("sts", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(decoding, "open_session", lambda *_: None)
    monkeypatch.setattr(decoding, "open_client", lambda *_: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_the_answer_names_requirement_call_setting_layer_and_fix() -> None:
    result = run(DENIED)
    assert result.exit_code == 0
    for words in (
        "Denied: lambda:CreateFunction",
        "on   arn:aws:lambda:us-east-1:123456789012:function:app-dev",
        f"for  {USER}",
        "by   no identity-based policy allows it",
        "lambda:CreateFunction for lambda.CreateFunction; core.py: Zappa.create_lambda_function",
        "when denied: Zappa stops",
        "Fix: zappa-iam apply STAGE",
        '"Action": "lambda:CreateFunction"',
    ):
        assert words in result.stdout


def test_words_of_a_shell_without_quotes_are_one_text() -> None:
    assert run(*DENIED.split()).stdout == run(DENIED).stdout


def test_a_setting_that_leads_to_the_call_is_named() -> None:
    text = (
        f"User: {USER} is not authorized to perform: SNS:CreateTopic on resource: arn:aws:sns:us-east-1:1:t"
    )
    assert "(setting async_source" in run(text).stdout


def test_json_has_the_same_and_a_version() -> None:
    told = json.loads(run("--json", DENIED).stdout)
    assert told["schema_version"] == 1
    assert told["action"] == "lambda:CreateFunction"
    assert told["denial"]["layer"] == "identity"
    assert told["reasons"][0]["operation"] == "lambda.CreateFunction"
    assert told["statements"][0]["Action"] == "lambda:CreateFunction"
    assert told["further"] == []
    assert json.loads(run("--format", "json", DENIED).stdout) == told


def test_every_denial_of_a_log_is_explained() -> None:
    log = f"building\n{DENIED}\nretrying\n{DENIED.replace('CreateFunction', 'UpdateFunctionCode')}\ndone\n"
    result = run(text=log)
    assert "(1 of 2)" in result.stdout
    assert "(2 of 2)\nDenied: lambda:UpdateFunctionCode" in result.stdout
    assert [item["action"] for item in json.loads(run("--json", text=log).stdout)["further"]] == [
        "lambda:UpdateFunctionCode"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Deployment complete!", "no access denial that we recognise", id="no denial"),
        pytest.param("", "there is no text", id="nothing"),
        pytest.param(
            "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token "
            "included in the request is invalid.",
            "did not accept the credentials",
            id="credentials",
        ),
        pytest.param("\x00\xff" * 100, "no access denial", id="no text at all"),
    ],
)
def test_what_is_no_denial_ends_with_2(text: str, words: str) -> None:
    result = run(text=text)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr


@pytest.mark.slow
def test_a_pipe_of_bytes_that_are_no_utf_8() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zappa_iam_ext", "explain"],
        input=b"\xff\xfe " + DENIED.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"Denied: lambda:CreateFunction" in done.stdout


def test_an_encoded_message_is_decoded_where_that_is_allowed(sts) -> None:
    decoded = {
        "allowed": False,
        "explicitDeny": True,
        "context": {"principal": {"arn": USER}, "action": "ec2:DescribeSubnets", "resource": "*"},
    }
    sts.add_response(
        "decode_authorization_message", {"DecodedMessage": json.dumps(decoded)}, {"EncodedMessage": ENCODED}
    )
    result = run(EC2, "--profile", "serverless")
    assert result.exit_code == 0
    assert "Denied: ec2:DescribeSubnets" in result.stdout
    assert f"for  {USER}" in result.stdout
    assert "an explicit deny" in result.stdout
    assert "encoded" not in result.output


def test_where_it_may_not_be_decoded_that_is_said_and_the_rest_explained(sts) -> None:
    message = f"User: {USER} is not authorized to perform: sts:DecodeAuthorizationMessage"
    sts.add_client_error("decode_authorization_message", "AccessDenied", message, 403)
    result = run(EC2, "--profile", "serverless")
    assert result.exit_code == 0
    assert "could not be decoded: not allowed to call sts:DecodeAuthorizationMessage" in result.stderr
    assert "an encoded message" in result.stdout
    assert "ec2:DescribeSubnets for lambda.CreateFunction" in result.stdout


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        pytest.param(
            "arn:aws:sts::123456789012:assumed-role/custom/shop", "execution-role", id="a role of any name"
        ),
        pytest.param(USER, "deployer", id="a user, whose keys the function holds"),
    ],
)
def test_what_a_function_was_denied_stays_the_functions_when_it_is_decoded(sts, principal, kind) -> None:
    decoded = {"context": {"principal": {"arn": principal}, "action": "ec2:DescribeSubnets", "resource": "*"}}
    sts.add_response(
        "decode_authorization_message", {"DecodedMessage": json.dumps(decoded)}, {"EncodedMessage": ENCODED}
    )
    log = f'[ERROR] ClientError: {EC2}\nTraceback (most recent call last):\n  File "/var/task/app.py", line 3, in f\n'
    told = json.loads(run("--profile", "serverless", "--json", text=log).stdout)
    assert (told["principal_kind"], told["action"]) == (kind, "ec2:DescribeSubnets")


@pytest.mark.parametrize("answer", ["", "[]", "not JSON"])
def test_a_decoded_message_that_cannot_be_read_is_said(sts, answer: str) -> None:
    sts.add_response("decode_authorization_message", {"DecodedMessage": answer})
    result = run(EC2, "--profile", "serverless")
    assert result.exit_code == 0
    assert "decoded to something that we cannot read" in result.stderr


def test_a_message_that_is_not_valid_is_said(sts) -> None:
    sts.add_client_error(
        "decode_authorization_message",
        "InvalidAuthorizationMessageException",
        "Message is not valid",
        400,
    )
    result = run(EC2, "--profile", "serverless")
    assert result.exit_code == 0
    assert "could not be decoded" in result.stderr


@pytest.mark.usefixtures("no_aws")
def test_without_credentials_the_clear_part_is_explained() -> None:
    result = run(EC2)
    assert result.exit_code == 0
    assert "could not be decoded" in result.stderr
    assert "Lambda looks at the function's network" in result.stdout


def test_the_page_shows_what_the_command_prints() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- zappa-iam explain -->\n\n")[2].partition("\n\n## ")[0]
    role = "arn:aws:iam::123456789012:role/hello-dev-ZappaLambdaExecutionRole"
    text = (
        f"An error occurred (AccessDeniedException) when calling the CreateFunction operation: User: {USER} is not authorized "
        f"to perform: iam:PassRole on resource: {role} because no identity-based policy allows the iam:PassRole action"
    )
    assert textwrap.dedent(shown).strip() == run(text).stdout.strip()


def test_the_note_about_decoding_stays_out_of_json(sts) -> None:
    sts.add_client_error("decode_authorization_message", "AccessDenied", "no", 403)
    assert json.loads(run("--json", EC2).stdout)["denial"]["encoded"] == ENCODED
