"""What the evaluator takes for a request and for a set of policies, and what it refuses by name."""

from __future__ import annotations

import dataclasses
import json

import pytest

from zappa_iam_ext.errors import InvalidArn, InvalidPolicyDocument, InvalidRequest
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    PolicyDocument,
    PolicySet,
    Principal,
    compile_policies,
    evaluate,
)

USER = "arn:aws:iam::111122223333:user/alice"


def policy(**condition):
    return {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition},
    }


@pytest.mark.parametrize(
    ("value", "operator", "wanted"),
    [
        pytest.param(True, "Bool", "true", id="a boolean"),
        pytest.param(10, "NumericEquals", "10", id="an integer"),
        pytest.param(9.5, "NumericLessThan", "10", id="a float"),
        pytest.param(("x", "y"), "ForAllValues:StringLike", ["x", "y"], id="a tuple"),
        pytest.param({"x"}, "ForAnyValue:StringEquals", "x", id="a set"),
        pytest.param([1, True, "z"], "ForAllValues:StringEquals", ["1", "true", "z"], id="a mixed list"),
        pytest.param(None, "Null", "true", id="None is absent"),
        pytest.param([], "Null", "true", id="an empty list is absent"),
        pytest.param([None], "Null", "true", id="a list of nothing is absent"),
    ],
)
def test_values_of_the_context(value, operator, wanted):
    asked = AuthorizationRequest(USER, "s3:GetObject", "arn:aws:s3:::code/x", {"s3:prefix": value})
    assert evaluate(PolicySet(identity=policy(**{operator: {"s3:prefix": wanted}})), asked).allowed


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(policy(), id="a dict"),
        pytest.param(json.dumps(policy()), id="JSON text"),
        pytest.param(json.dumps(policy()).encode(), id="JSON bytes"),
        pytest.param(PolicyDocument.parse(policy()), id="a document"),
        pytest.param([json.dumps(policy())], id="a list of texts"),
        pytest.param(iter, id="a generator"),
    ],
)
@pytest.mark.parametrize("layer", ["identity", "group", "boundary", "session", "scp"])
def test_every_layer_takes_documents_in_every_form(given, layer):
    given = iter([policy()]) if given is iter else given
    others = {} if layer in ("identity", "group") else {"identity": policy()}
    policies = PolicySet(**{layer: given, **others})
    assert compile_policies(policies).decide(AuthorizationRequest(USER, "s3:GetObject")) == "allowed"


def test_fields_that_are_none_are_empty():
    policies = PolicySet(identity=None, group=None, boundary=None, session=None, scp=None, resource=None)
    asked = AuthorizationRequest(USER, "s3:GetObject", None, None, None)
    assert asked.resource == "*"
    assert evaluate(policies, asked).decision == "implicitDeny"


def test_the_levels_of_an_organization_flat_and_nested():
    nothing = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}
    asked = AuthorizationRequest(USER, "s3:GetObject")
    one_level = PolicySet(identity=policy(), scp=[policy(), nothing])
    two_levels = PolicySet(identity=policy(), scp=[[policy()], [nothing]])
    assert evaluate(one_level, asked).decision == "allowed"
    assert evaluate(two_levels, asked).decision == "implicitDeny"
    assert evaluate(two_levels, asked).layer == "organization"


@pytest.mark.parametrize(
    ("resource", "given", "account"),
    [
        ("arn:aws:lambda:us-east-1:444455556666:function:app", "", "444455556666"),
        ("arn:aws:lambda:us-east-1:444455556666:function:app", None, "444455556666"),
        ("arn:aws:lambda:us-east-1:444455556666:function:app", USER[13:25], USER[13:25]),
        ("arn:aws:lambda:*:444455556666:function:*", "", "444455556666"),
        ("arn:aws:lambda:us-east-1:*:function:app", "", ""),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "", ""),
        ("arn:aws:s3:::code/x", "", ""),
        ("arn:aws:s3:::444455556666:x", "", ""),
        ("arn:aws:s3:::code/x", "444455556666", "444455556666"),
        ("*", "", ""),
    ],
)
def test_the_account_of_a_resource_is_the_one_given_or_named(resource, given, account):
    asked = AuthorizationRequest(USER, "s3:GetObject", resource, resource_account=given)
    assert asked.resource_account == account
    assert evaluate(PolicySet(identity=policy()), asked).resource_account == (account or USER[13:25])


@pytest.mark.parametrize(
    ("text", "kind", "account"),
    [
        (USER, "user", "111122223333"),
        ("arn:aws:sts::111122223333:assumed-role/app/s", "assumed-role", "111122223333"),
        ("lambda.amazonaws.com", "service", ""),
        ("logs.us-east-1.amazonaws.com", "service", ""),
        ("ec2.amazonaws.com.cn", "service", ""),
        ("alexa-appkit.amazon.com", "service", ""),
        ("cognito-identity.amazonaws.com", "federated", ""),
        ("accounts.google.com", "federated", ""),
        ("arn:aws:iam::111122223333:oidc-provider/gitlab.com", "federated", "111122223333"),
        ("arn:aws:iam::111122223333:saml-provider/ADFS", "federated", "111122223333"),
        ("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", "canonical-user", ""),
    ],
)
def test_whoever_may_ask_is_a_principal(text, kind, account):
    principal = Principal.parse(text)
    assert (principal.kind, principal.account, str(principal)) == (kind, account, text)


def test_the_fields_of_a_policy_set_are_documents():
    found = PolicySet(identity=json.dumps(policy()), scp=[policy()], rcp=None)
    assert found.identity == (PolicyDocument.parse(policy()),)
    assert found.scp == ((PolicyDocument.parse(policy(), "scp"),),)
    assert (found.group, found.boundary, found.session, found.resource, found.rcp) == ((), (), (), (), ())
    assert dataclasses.replace(found, identity=()) == PolicySet(scp=found.scp)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((None, "s3:GetObject"), id="no principal"),
        pytest.param((7, "s3:GetObject"), id="a principal that is a number"),
        pytest.param((USER, None), id="no action"),
        pytest.param((USER, "GetObject"), id="an action without service"),
        pytest.param((USER, "s3:"), id="an action without name"),
        pytest.param((USER, "s3:GetObject", 7), id="a resource that is a number"),
        pytest.param((USER, "s3:GetObject", "*", "aws:username"), id="a context that is text"),
        pytest.param((USER, "s3:GetObject", "*", {1: "x"}), id="a key that is a number"),
        pytest.param((USER, "s3:GetObject", "*", {"k": {"x": 1}}), id="a value that is an object"),
        pytest.param((USER, "s3:GetObject", "*", {"k": [["x"]]}), id="a list within a list"),
        pytest.param((USER, "s3:GetObject", "*", {"k": b"x"}), id="bytes"),
        pytest.param((USER, "s3:GetObject", "*", {"k": 10**400}), id="a number that cannot be written"),
        pytest.param((USER, "s3:GetObject", "*", {}, 7), id="unknown keys that are a number"),
        pytest.param((USER, "s3:GetObject", "*", {}, [None]), id="an unknown key that is none"),
        pytest.param((USER, "s3:GetObject", "*", {}, (), False, False, "1234"), id="an account that is none"),
        pytest.param(
            (USER, "s3:GetObject", "*", {}, (), False, False, 111122223333), id="a number as account"
        ),
    ],
)
def test_a_request_that_is_none_is_refused(arguments):
    with pytest.raises(InvalidRequest):
        AuthorizationRequest(*arguments)


def test_one_unknown_key_may_stand_alone():
    asked = AuthorizationRequest(USER, "s3:GetObject", unknown_keys="s3:prefix")
    decided = evaluate(PolicySet(identity=policy(StringEquals={"s3:prefix": "x"})), asked)
    assert decided.decision == "unknown"
    assert decided.missing_context == ("s3:prefix",)


@pytest.mark.parametrize(
    "principal", ["alice", "", "arn:aws:iam", "arn:::::", "lambda", "lambda.example.com"]
)
def test_a_principal_that_is_no_arn_is_refused(principal):
    with pytest.raises(InvalidArn):
        evaluate(PolicySet(identity=policy()), AuthorizationRequest(principal, "s3:GetObject"))


def test_a_principal_may_be_read_before():
    asked = AuthorizationRequest(Principal.parse(USER), "s3:GetObject")
    assert evaluate(PolicySet(identity=policy()), asked).allowed


@pytest.mark.parametrize("layer", ["identity", "group", "boundary", "session", "scp", "resource", "rcp"])
@pytest.mark.parametrize("given", [7, 1.5, True, [7], [["*"]], [[[policy()]]]], ids=repr)
def test_policies_that_are_none_are_refused(layer, given):
    with pytest.raises(InvalidPolicyDocument):
        PolicySet(**{layer: given})


def test_reasons_are_those_of_the_asked_actions_alone():
    """A pattern of actions is explained by the statements about it, and by no other."""
    other = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}
    decided = evaluate(PolicySet(identity=[policy(), other]), AuthorizationRequest(USER, "s3:GetObjec?"))
    assert decided.decision == "implicitDeny"
    assert [match.statement.actions for match in decided.matched] == [("s3:GetObject",)]
