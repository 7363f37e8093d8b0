"""``zappa-iam can-i`` as a user runs it: offline from files, online for a profile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from zappa_iam_ext.cli import main
from zappa_iam_ext.rehearsal.local_aws.server import local_aws

NETWORK = {
    "Sid": "Net",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::b/*",
    "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
}
WRITE = {"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::b/*"}
SECRET = {"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*"}
TAGS = {
    "Effect": "Allow",
    "Action": "lambda:TagResource",
    "Resource": "*",
    "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]}},
}
HOME = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}
EVERY_LAYER = {"Effect": "Allow", "Action": "lambda:GetLayerVersion", "Resource": "*"}
LAYER = "arn:aws:lambda:us-east-1:444455556666:layer:tools:1"
READ_ALL = {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetObjectAcl"], "Resource": "*"}
ONE_TAG = {
    "Effect": "Allow",
    "Action": "sqs:TagQueue",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:TagKeys": "team"}},
}
FILES = {
    "p.json": [NETWORK, WRITE, SECRET, TAGS, HOME, READ_ALL, EVERY_LAYER, ONE_TAG],
    "b.json": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}
KEY = "arn:aws:s3:::b/k"


@pytest.fixture
def can_i(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, statements in FILES.items():
        Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return lambda *arguments: CliRunner().invoke(main, ["can-i", *arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["s3:PutObject", KEY], 0, "yes: s3:PutObject on arn:aws:s3:::b/k", id="yes"),
        pytest.param(["s3:DeleteObject", KEY], 1, "no: nothing allows it", id="silence denies"),
        pytest.param(
            ["s3:PutObject", "arn:aws:s3:::b/secret/k"], 1, "no: it is denied explicitly by the identity policy",
            id="a deny denies",
        ),
        pytest.param(["s3:GetObject", KEY], 3, "it depends on aws:SourceIp", id="a key that nobody gave is unknown"),
        pytest.param(["s3:GetObject", KEY, "--context", "aws:SourceIp=10.1.1.1"], 0, "yes", id="the key is given"),
        pytest.param(["s3:GetObject", KEY, "--context", "AWS:sourceip=10.1.1.1"], 0, "yes", id="keys have no case"),
        pytest.param(["s3:GetObject", KEY, "--context", "aws:SourceIp=9.9.9.9"], 1, "no", id="the condition fails"),
        pytest.param(["s3:GetObject", KEY, "--context", "aws:SourceIp="], 1, "no", id="an empty value is a value"),
        pytest.param(["s3:GetObject", KEY, "--without", "aws:SourceIp"], 1, "no", id="the request has no such key"),
        pytest.param(
            ["lambda:TagResource", "--context", "aws:TagKeys=team", "--context", "aws:TagKeys=stage"], 0, "yes",
            id="a key given twice is a list",
        ),
        pytest.param(
            ["lambda:TagResource", "--context", "aws:TagKeys=team", "--context", "aws:TagKeys=x"], 1, "no",
            id="every value of the list counts",
        ),
        pytest.param(
            ["sqs:TagQueue", "--context", "aws:TagKeys=team"], 1, "no",
            id="a key that AWS sends as a list is a list even of one value",
        ),
        pytest.param(["lambda:TagResource"], 3, "aws:TagKeys", id="an action without a resource is asked on everything"),
        pytest.param(
            ["s3:PutObject"], 1, "no: part of it is denied explicitly", id="no resource means every resource"
        ),
        pytest.param(["s3:GetObjectAcl", "arn:aws:s3:::b/*"], 1, "no: part of it is denied", id="part of a pattern"),
        pytest.param(["s3:GetObjectAcl", "arn:aws:s3:::c/*"], 0, "yes", id="all of a pattern"),
        pytest.param(["s3:PutObject", "arn:aws:s3:::*"], 1, "no: part of it is denied", id="wider than what is granted"),
        pytest.param(["s3:PutObject", "arn:aws:s3:::c*"], 1, "no: nothing allows all of it", id="none of a pattern"),
        pytest.param(["s3:Put*", "arn:aws:s3:::b/x/*"], 0, "yes", id="a pattern of actions"),
        pytest.param(["s3:*", "arn:aws:s3:::b/x/*"], 1, "no: nothing allows all of it", id="more actions than granted"),
        pytest.param(["s3:ListAllMyBuckets"], 0, "yes", id="an action that knows only *"),
        pytest.param(["lambda:GetFunction"], 1, "nothing allows all of it", id="silence on everything"),
        pytest.param(["s3:ListBuckets"], 1, "no", id="an action that does not exist is still answered"),
        pytest.param(
            ["s3:GetObject", "arn:aws:s3:::home/ann/k"], 3, "aws:username", id="nobody said who asks"
        ),
        pytest.param(
            ["s3:GetObject", "arn:aws:s3:::home/ann/k", "--principal", "arn:aws:iam::123456789012:user/ann"],
            0, "yes", id="the principal gives its keys",
        ),
        pytest.param(
            ["s3:GetObject", "arn:aws:s3:::home/ann/k", "--principal", "arn:aws:iam::123456789012:user/bob"],
            1, "no", id="another principal",
        ),
        pytest.param(["lambda:GetLayerVersion", LAYER], 0, "yes", id="nobody said who asks: one of that account"),
        pytest.param(
            ["lambda:GetLayerVersion", LAYER, "--principal", "arn:aws:iam::444455556666:user/ann"],
            0, "yes", id="a principal of the same account",
        ),
        pytest.param(
            ["lambda:GetLayerVersion", LAYER, "--principal", "arn:aws:iam::123456789012:user/ann"],
            3, "account 444455556666 must allow it too", id="a principal of another account",
        ),
        pytest.param(
            ["s3:PutObject", KEY, "--boundary", "b.json"], 1, "no: the boundary policy does not allow it",
            id="a boundary limits",
        ),
        pytest.param(
            ["s3:GetObject", KEY, "--boundary", "b.json", "--context", "aws:SourceIp=10.1.1.1"], 0, "yes",
            id="within the boundary",
        ),
    ],
)  # fmt: skip
def test_offline(can_i, arguments, code, says):
    result = can_i(*arguments, "--policy", "p.json")
    assert says in result.stdout
    assert result.exit_code == code
    told = json.loads(can_i(*arguments, "--policy", "p.json", "--json").stdout)
    decisions = {0: {"allowed"}, 1: {"implicitDeny", "explicitDeny"}, 3: {"unknown"}}
    assert told["decision"] in decisions[code]
    assert (told["schema_version"], told["action"]) == (1, arguments[0])


def test_several_policies_are_held_together(can_i):
    assert can_i("s3:GetBucketTagging", "arn:aws:s3:::b", "--policy", "p.json").exit_code == 1
    assert (
        can_i("s3:GetBucketTagging", "arn:aws:s3:::b", "--policy", "p.json", "--policy", "b.json").exit_code
        == 0
    )


QUEUE = "arn:aws:sqs:us-east-1:999999999999:jobs"


@pytest.mark.parametrize(
    ("written", "more", "code"),
    [
        pytest.param("arn:aws:sqs:us-east-1:<ACCOUNT_ID>:jobs", [], 0, id="the account of the resource"),
        pytest.param("arn:aws:sqs:*:<account-id>:*", [], 0, id="written otherwise"),
        pytest.param("arn:aws:sqs:<REGION>:<ACCOUNT_ID>:jobs", ["--region", "us-east-1"], 0, id="a region"),
        pytest.param(
            "arn:aws:sqs:<REGION>:<ACCOUNT_ID>:jobs", ["--region", "eu-west-1"], 1, id="another region"
        ),
        pytest.param("arn:aws:sqs:<REGION>:<ACCOUNT_ID>:jobs", [], 2, id="a region that nobody gave"),
        pytest.param(
            "arn:aws:sqs:us-east-1:<ACCOUNT_ID>:jobs",
            ["--principal", "arn:aws:iam::123456789012:user/u"],
            1,
            id="the account of the principal",
        ),
    ],
)
def test_placeholders_of_hand_made_documents_are_filled_in(can_i, written, more, code):
    allow = {"Effect": "Allow", "Action": "sqs:*", "Resource": written}
    Path("made.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": allow}))
    result = can_i("sqs:SendMessage", QUEUE, "--policy", "made.json", *more)
    assert result.exit_code == code, result.output


def test_explain_tells_what_decided_and_why_the_rest_did_not(can_i):
    result = can_i("s3:PutObject", "arn:aws:s3:::b/secret/k", "--policy", "p.json", "--explain")
    assert result.stdout.splitlines()[1:4] == [
        "  decided by: Deny statement 3 (No) of identity document 1",
        "  no match (action): Allow statement 1 (Net) of identity document 1",
        "  no match (action): Allow statement 5 of identity document 1",
    ]
    failed = can_i(
        "s3:GetObject", KEY, "--policy", "p.json", "--context", "aws:SourceIp=9.9.9.9", "--explain"
    )
    assert (
        "  no match (condition: IpAddress aws:SourceIp): Allow statement 1 (Net) of identity document 1"
        in failed.stdout
    )
    assert "  no match (resource): Deny statement 3 (No) of identity document 1" in failed.stdout


@pytest.mark.parametrize(
    ("action", "note"),
    [
        ("s3:PutObjekt", "note: s3:PutObjekt is no action that AWS documents; perhaps s3:PutObject\n"),
        ("lamda:GetFunction", "note: lamda is the prefix of no service; perhaps lambda\n"),
        ("s3:PutObject", ""),
    ],
)
def test_an_action_that_does_not_exist_is_said_beside_the_answer(can_i, action, note):
    result = can_i(action, KEY, "--policy", "p.json", "--json")
    assert result.stderr == note
    assert json.loads(result.stdout)["action"] == action


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["s3", KEY, "--policy", "p.json"], "lambda:CreateFunction", id="no action"),
        pytest.param(
            ["s3:Get Object", "--policy", "p.json"], "lambda:CreateFunction", id="white space in an action"
        ),
        pytest.param(
            ["s3:GetObject", "bucket", "--policy", "p.json"], "arn:aws:s3:::bucket/key", id="no ARN"
        ),
        pytest.param(["s3:GetObject", "--policy", "nope.json"], "nope.json", id="no file"),
        pytest.param(["s3:GetObject", "--policy", "bad.json"], "MalformedPolicyDocument", id="no document"),
        pytest.param(["s3:GetObject", "--boundary", "b.json"], "--policy", id="a boundary alone"),
        pytest.param(["s3:GetObject", "--policy", "p.json", "--context", "x"], "KEY=VALUE", id="no value"),
        pytest.param(
            ["s3:GetObject", "--policy", "p.json", "--principal", "me"], "six parts", id="no principal"
        ),
        pytest.param([], "Missing argument", id="no question"),
    ],
)
def test_a_question_that_cannot_be_asked_says_how_to(can_i, arguments, says):
    Path("bad.json").write_text('{"Statement": [{"Effect": "Allow"}]}')
    result = can_i(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


@pytest.mark.aws
@pytest.mark.xdist_group("can-i")
def test_online_the_policies_of_the_profile_answer(can_i, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    credentials = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    with local_aws() as aws:
        iam = aws.client("iam")
        iam.create_user(UserName="ann")
        reading = {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}
        held = {"Version": "2012-10-17", "Statement": [WRITE, SECRET, HOME, reading]}
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(held))
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        credentials.write_text(
            f"[ann]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        )
        profile = ("--profile", "ann", "--endpoint-url", aws.endpoint)
        assert can_i("s3:PutObject", KEY, *profile).exit_code == 0
        assert can_i("s3:PutObject", "arn:aws:s3:::b/secret/k", *profile).exit_code == 1
        assert can_i("s3:GetObject", "arn:aws:s3:::home/ann/k", *profile).exit_code == 0
        assert can_i("s3:GetObject", "arn:aws:s3:::home/bob/k", *profile).exit_code == 1
        boundary = {"Version": "2012-10-17", "Statement": [reading]}
        policy = iam.create_policy(PolicyName="b", PolicyDocument=json.dumps(boundary))["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=policy)
        limited = can_i("s3:PutObject", KEY, *profile)
        assert (limited.exit_code, "boundary policy" in limited.stdout) == (1, True)
        iam.delete_user_permissions_boundary(UserName="ann")
        blind = {"Version": "2012-10-17", "Statement": [WRITE]}
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(blind))
        unseen = can_i("s3:PutObject", KEY, *profile)
        assert (unseen.exit_code, "could not be read" in unseen.stdout) == (3, True)
        assert (
            can_i("s3:PutObject", KEY, "--profile", "nobody", "--endpoint-url", aws.endpoint).exit_code == 2
        )
