"""How an execution role is judged: what makes AWS refuse it, what is only told, what nobody can tell."""

from __future__ import annotations

import pytest

from tests.support.reports import document
from tests.support.role_reports import ARN, FEW, LAMBDA_ONLY, NAME, SETTINGS, role
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.check import Verdict
from zappa_iam_ext.check.execution_role import RoleAsItIs, check_role, full_access, role_needs
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.permissions.model import UsedBy
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.permissions.surplus import surplus
from zappa_iam_ext.roles.execution_trust import execution_trust
from zappa_iam_ext.workflow.deciding.principals import role_name

OTHERS = "arn:aws:iam::999999999999:role/theirs"
#: A trust on a key whose value only Lambda's own request tells.
HANGS = document(
    {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com", "events.amazonaws.com", "apigateway.amazonaws.com"]},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLikeIfExists": {"aws:SourceArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:other"}},
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("made", "code", "refused", "maybe"),
    [
        pytest.param(role(), 0, False, False, id="as computed"),
        pytest.param(role(exists=False), 1, True, False, id="nobody makes it"),
        pytest.param(role(FEW, settings={}, exists=False), 1, False, False, id="Zappa makes it, and without invoking itself"),
        pytest.param(role(exists=None, trust=None), 3, False, True, id="not read"),
        pytest.param(role(trust=None), 3, False, True, id="the trust is not read"),
        pytest.param(role(unreadable=("a policy",)), 3, False, True, id="a policy is not read, and Lambda looks for permissions"),
        pytest.param(role(unreadable=("a policy",), settings={"manage_roles": False}), 3, False, False, id="a policy is not read, and Lambda looks for none"),
        pytest.param(role(trust=LAMBDA_ONLY), 1, True, False, id="EventBridge may not assume it"),
        pytest.param(role(trust={"Statement": "none"}), 3, False, True, id="the trust is no policy"),
        pytest.param(role(settings={**SETTINGS, "role_arn": OTHERS}), 1, True, False, id="of another account"),
        pytest.param(role(settings={"role_name": "r" * 65}, exists=False), 1, True, False, id="Zappa makes none with so long a name"),
        pytest.param(role(settings={"role_name": "r" * 64}, exists=False), 0, False, False, id="the longest name that IAM takes"),
        pytest.param(role(FEW, settings={"role_arn": OTHERS}, exists=False), 1, False, False, id="role_arn counts for nothing where Zappa manages roles"),
    ],
)  # fmt: skip
def test_what_becomes_of_it(made, code, refused, maybe):
    assert (made.exit_code(), made.refused, made.maybe_refused) == (code, refused, maybe)


def test_a_trust_that_hangs_on_a_condition_is_unknown():
    settings = {"manage_roles": False, "keep_warm": False}
    found = role(settings=settings, trust=HANGS)
    assert {each.service: str(each.decision) for each in found.trust}["lambda.amazonaws.com"] == "unknown"
    assert (found.exit_code(), found.maybe_refused) == (3, True)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        pytest.param({}, NAME, id="Zappa's own"),
        pytest.param({"role_name": "mine", "manage_roles": False}, "mine", id="by name"),
        pytest.param({"role_arn": OTHERS, "manage_roles": False}, "theirs", id="by ARN"),
        pytest.param({"role_arn": OTHERS}, NAME, id="by ARN, and Zappa looks for the name all the same"),
    ],
)
def test_the_role_that_the_function_runs_as(settings, name):
    assert role_name(stage(settings)) == name


@pytest.mark.parametrize("user", UsedBy)
def test_only_the_code_of_the_function_carries_its_arn(user):
    """Observed: ``lambda-roles.json``, ``condition_keys``."""
    needs = [item for item in role_needs(stage(SETTINGS)) if item.used_by is user]
    assert all(("lambda:SourceFunctionArn" in item.absent) == (user is not UsedBy.FUNCTION) for item in needs)


def test_each_grant_of_the_computed_policy_is_needed_by_what_is_judged():
    """Without one of its grants the very same role lacks something."""
    of = stage(SETTINGS)
    whole = execution_policy(of).to_dict()
    for place, statement in enumerate(whole["Statement"]):
        if statement["Effect"] == "Deny":
            continue
        held = {**whole, "Statement": [*whole["Statement"][:place], *whole["Statement"][place + 1 :]]}
        known = RoleAsItIs(NAME, True, ARN, PolicySet(identity=(held,)), trust=execution_trust(of))
        assert check_role(of, known).having(Verdict.DENIED), statement
        assert check_role(of, known).exit_code() == 1


@pytest.mark.parametrize(
    ("statement", "services"),
    [
        pytest.param({"Action": ["s3:*", "SQS:*", "sns:Publish"]}, ("s3", "sqs"), id="each service, whatever its case"),
        pytest.param({"Action": ["s3:*", "*"]}, ("*",), id="everything"),
        pytest.param({"Action": "s3:Get*"}, (), id="some actions are not all"),
        pytest.param({"Action": "s3:*", "Effect": "Deny"}, (), id="a deny grants nothing"),
    ],
)  # fmt: skip
def test_services_with_full_access(statement, services):
    parsed = PolicyDocument.parse(document({"Effect": "Allow", "Resource": "*", **statement}))
    assert full_access([parsed]) == services


def test_what_the_application_asks_for_is_needed_of_the_role_and_no_surplus():
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"
    asks = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": table}
    settings = {"manage_roles": False, "iam_ext": {"permissions": [document(asks)]}}
    of = stage(settings)
    held = execution_policy(of)
    assert role(*held.to_dict()["Statement"], settings=settings).exit_code() == 0
    assert surplus([held], role_needs(of)) == ()
    without = [item for item in held.to_dict()["Statement"] if item["Resource"] != table]
    lacking = role(*without, settings=settings).having(Verdict.DENIED)
    assert {item.requirement.action for item in lacking} == {"dynamodb:GetItem", "dynamodb:Query"}
