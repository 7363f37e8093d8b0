"""What AWS stores and refuses to store, for the values of its conditions."""

from __future__ import annotations

import json

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import PolicyDocument, PolicySet

STORED, STS_ONLY, IAM_ONLY, NEVER = (True, True), (False, True), (True, False), (False, False)
LITERALS = [
    ("NumericEquals", "NaN", STS_ONLY),
    ("NumericNotEqualsIfExists", "Infinity", STS_ONLY),
    ("NumericLessThan", "", STS_ONLY),
    ("NumericLessThan", "+1.5e3", STORED),
    ("ForAllValues:NumericEquals", "ten", STS_ONLY),
    ("DateEquals", "not-a-date", STS_ONLY),
    ("DateLessThan", "2030-02-30", STS_ONLY),
    ("DateLessThan", "+1893456000", STORED),
    ("ArnLike", "not-an-arn", STS_ONLY),
    ("ArnNotEquals", "arn:aws:s3", STS_ONLY),
    ("ArnEquals", "", STS_ONLY),
    ("ArnLike", "*", STORED),
    ("ArnLike", "arn:*:iam::*:role/*", STORED),
    ("ArnLike", "${aws:PrincipalArn}", STORED),
    ("IpAddress", "not-an-ip", STS_ONLY),
    ("IpAddress", "192.0.2.0/33", STS_ONLY),
    ("NotIpAddress", "2001:db8::5/127", STS_ONLY),
    ("NotIpAddress", "192.0.2.5/24", STORED),
    ("IpAddress", "::ffff:192.0.2.1", STS_ONLY),
    ("IpAddress", "2001:db8:::1/128", STORED),
    ("IpAddress", " 192.0.2.1", STS_ONLY),
    ("BinaryEquals", "no-binary", NEVER),
    ("BinaryEquals", "YQ==", STORED),
    ("BinaryEquals", "YQ", IAM_ONLY),
    ("BinaryEquals", "YR==", IAM_ONLY),
    ("BinaryEquals", "Y", NEVER),
    ("BinaryEquals", "YQ==\n", NEVER),
    ("Bool", "yes", STORED),
    ("Null", "yes", STORED),
    ("StringEquals", "\u20ac", STORED),
]


def document(operator, value):
    condition = {operator: {"aws:RequestTag/value": ["", value] if operator == "StringEquals" else [value]}}
    return {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iam:TagUser", "Resource": "*", "Condition": condition},
    }


def refusal(operator, value, kind) -> str:
    """Where the document is refused; nothing when it is taken."""
    try:
        PolicyDocument.parse(document(operator, value), kind)
    except InvalidPolicyDocument as refused:
        return refused.path
    return ""


@pytest.mark.parametrize(("operator", "value", "expected"), LITERALS)
def test_what_iam_and_sts_take(operator, value, expected):
    place = f"$.Statement[0].Condition.{operator}.aws:RequestTag/value"
    for kind, taken in zip(("identity", "session"), expected, strict=True):
        assert refusal(operator, value, kind) == ("" if taken else place)


@pytest.mark.parametrize("value", ["not-an-ip", "192.0.2.0/33", "2001:db8::5/64"])
def test_an_address_that_is_not_stored_is_evaluated_as_the_simulator_does(value):
    assert PolicySet(identity=document("IpAddress", value)).identity


def test_every_literal_of_the_managed_policies_is_stored():
    """AWS's own policies, as moto bundles them."""
    held = json.loads(aws_managed_policies_data)
    assert len(held) > 1000
    refused = {}
    for name, policy in held.items():
        try:
            PolicyDocument.parse(policy["Document"])
        except InvalidPolicyDocument as error:
            refused[name] = error.rule
    assert {
        name for name, rule in refused.items() if rule in {"arn", "ip", "number", "date", "binary"}
    } == set()
