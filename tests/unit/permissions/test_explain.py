"""From a denial back to the call, the setting and the fix."""

from __future__ import annotations

import pytest

from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, evaluate
from zappa_iam_ext.permissions.authorizations import HANDLERS, Scope
from zappa_iam_ext.permissions.denials.explain import explain
from zappa_iam_ext.permissions.denials.parse import Denial, parse_denial
from zappa_iam_ext.permissions.denials.resources import pattern_of
from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.permissions.tables.rows import authorization_rows, call_rows, resource_rows
from zappa_iam_ext.rehearsal.inside_zappa.enforcement import Enforcer
from zappa_iam_ext.rehearsal.observation import Checked
from zappa_iam_ext.render.explanation import explanation_text

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/serverless"
ROLE = "arn:aws:iam::123456789012:role/app-dev-ZappaLambdaExecutionRole"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:app-dev"
CALLED = {f"{row.service}.{row.operation}" for row in call_rows() if not row.omitted}
ROWS = [
    (operation, row)
    for operation, rows in authorization_rows().items()
    for row in rows
    if operation in CALLED
]
STACK_ROWS = [
    (f"cloudformation.{operation}", row)
    for rows in resource_rows().values()
    for row in rows
    for operation, handlers in HANDLERS.items()
    if handlers & set(row.handlers)
]


@pytest.mark.parametrize(
    ("denial", "call", "dependent"),
    [
        pytest.param(
            Denial("lambda:CreateFunction"), "lambda.CreateFunction", False, id="an action that Zappa calls"
        ),
        pytest.param(
            Denial("iam:PassRole"), "lambda.CreateFunction", True, id="an action that AWS checks on its own"
        ),
        pytest.param(
            Denial("apigateway:PUT"),
            "cloudformation.CreateStack",
            True,
            id="an action that CloudFormation does",
        ),
        pytest.param(
            Denial(operation="HeadBucket"), "s3.HeadBucket", False, id="only the operation is known"
        ),
        pytest.param(
            Denial(operation="DescribeSubnets"),
            "lambda.CreateFunction",
            True,
            id="an operation AWS does as the caller",
        ),
        pytest.param(Denial("SNS:CreateTopic"), "sns.CreateTopic", False, id="a prefix in capitals"),
    ],
)
def test_a_denial_is_traced_to_its_call(denial: Denial, call: str, dependent: bool) -> None:
    reasons = explain(denial).reasons
    assert any(reason.operation == call and reason.dependent == dependent for reason in reasons)


@pytest.mark.parametrize(
    ("denial", "operations"),
    [
        pytest.param(
            Denial("iam:PassRole", ROLE, operation="CreateFunction"),
            {"lambda.CreateFunction"},
            id="the call that the text names",
        ),
        pytest.param(
            Denial("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis/abc/deployments"),
            {"apigateway.CreateDeployment"},
            id="the resource that the text names",
        ),
        pytest.param(
            Denial("s3:GetObject", operation="CreateStack"),
            {"cloudformation.CreateStack"},
            id="CloudFormation reading the template, not Lambda the package",
        ),
    ],
)
def test_the_text_narrows_the_reasons_down(denial: Denial, operations: set[str]) -> None:
    assert {reason.operation for reason in explain(denial).reasons} == operations


def test_a_stack_operation_is_named_only_where_it_has_the_handler() -> None:
    """Deleting a stack makes no API: only what a handler does in that phase is a reason."""
    made = explain(Denial("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis")).reasons
    assert {reason.operation for reason in made} == {
        "cloudformation.CreateStack",
        "cloudformation.UpdateStack",
    }


def test_what_a_role_lacks_is_traced_to_zappas_call_and_not_to_what_the_user_needs() -> None:
    trust = explain(Denial("sts:AssumeRole", operation="CreateFunction", by_role=True, layer="resource"))
    assert {reason.action for reason in trust.reasons} == {"lambda:CreateFunction"}
    assert "It comes up when Zappa makes the call:" in explanation_text([trust])


def test_a_reason_names_the_setting_the_source_and_what_a_denial_does() -> None:
    (reason,) = [r for r in explain(Denial("sns:CreateTopic")).reasons if "async" in r.setting]
    assert reason.setting == "async_source"
    assert reason.source.startswith("core.py: ")
    assert reason.consequence in {"stops", "silent", "harmless"}


ADMIN = "arn:aws:iam::123456789012:user/admin"
#: ``plan``, ``apply`` and ``destroy`` look at what the administrator may do, as ``check`` looks at the deployer.
LOOKS = {"check", "plan", "apply", "destroy", "role ensure"}
SESSION = "arn:aws:sts::123456789012:assumed-role/deployer/session"
ITS_ROLE = "arn:aws:iam::123456789012:role/team/deployer"


@pytest.mark.parametrize(
    ("denial", "callers", "told"),
    [
        pytest.param(Denial("iam:GetUser", USER, USER), LOOKS, "zappa-iam apply STAGE --admin-profile", id="a user looks at itself"),
        pytest.param(Denial("iam:GetUser"), LOOKS | {"keys"}, "own call (check, plan, apply, destroy", id="nobody says who looks at whom"),
        pytest.param(Denial("iam:GetUser", USER, ADMIN), {"plan", "apply", "destroy", "keys"}, "credentials", id="an administrator looks at the user"),
        pytest.param(Denial("iam:ListGroupPolicies", "group team", USER), LOOKS, "--self-inspection", id="a user looks at its group"),
        pytest.param(Denial("iam:GetPolicyVersion", "policy arn:aws:iam::aws:policy/X", USER), LOOKS, "unknown", id="a managed policy"),
        pytest.param(Denial("iam:ListRolePolicies", ITS_ROLE, SESSION), LOOKS, "Attach the statement to the role", id="a session looks at its role"),
        pytest.param(Denial("iam:CreateUser", USER, ADMIN), {"apply"}, "credentials", id="an administrator makes the user"),
        pytest.param(Denial("iam:TagUser", USER, ADMIN), {"apply", "keys"}, "credentials", id="an administrator makes the user, with tags"),
        pytest.param(Denial(operation="ListGroupsForUser"), LOOKS, "own call (check", id="only the operation is known"),
        pytest.param(Denial("sts:DecodeAuthorizationMessage", "*", USER), {"explain"}, "explain is run with", id="decoding"),
    ],
)  # fmt: skip
def test_a_denial_of_our_own_call_is_known_as_ours(denial: Denial, callers: set[str], told: str) -> None:
    explanation = explain(denial)
    assert {reason.caller for reason in explanation.reasons} == {"zappa-iam"}
    assert {command for reason in explanation.reasons for command in reason.commands} == callers
    assert told in explanation.fix
    assert "another tool" not in explanation.fix
    text = explanation_text([explanation])
    assert "zappa-iam asks it itself:" in text
    assert "Zappa needs it" not in text


def test_a_call_that_no_policy_can_forbid_is_told_as_such() -> None:
    explanation = explain(Denial("sts:GetCallerIdentity", principal=USER))
    assert {reason.caller for reason in explanation.reasons} == {"zappa-iam"}
    assert "no policy of a user or role can forbid it" in explanation.fix
    assert not explanation.statements
    assert "VPC endpoint" in explain(Denial(operation="GetCallerIdentity", layer="resource")).fix


def test_what_a_denied_own_call_does_to_the_verdict_is_told() -> None:
    (reason,) = explain(Denial("iam:GetUser", USER, USER)).reasons
    assert (reason.consequence, reason.setting) == ("unknown", "")
    assert "cannot tell: whether a permissions boundary binds the user" in explanation_text(
        [explain(Denial("iam:GetUser", USER, USER))]
    )
    (reason,) = explain(Denial("iam:CreateUser", USER, ADMIN)).reasons
    assert reason.consequence == "stops"


@pytest.mark.parametrize(
    ("denial", "callers"),
    [
        pytest.param(Denial("iam:GetRole", ROLE, USER), {"zappa", "zappa-iam"}, id="a user at the execution role: Zappa, or a plan"),
        pytest.param(Denial("iam:GetRole", ROLE, SESSION), {"zappa", "zappa-iam"}, id="a session at another role: Zappa, or a plan"),
        pytest.param(Denial("iam:GetRole", ITS_ROLE, SESSION), {"zappa", "zappa-iam"}, id="a session at its own role: either"),
        pytest.param(Denial("iam:GetRole"), {"zappa", "zappa-iam"}, id="nobody says who: either"),
        pytest.param(Denial("iam:CreateRole", ROLE, USER), {"zappa", "zappa-iam"}, id="Zappa makes roles, and so does apply"),
    ],
)  # fmt: skip
def test_zappas_call_and_ours_are_told_apart(denial: Denial, callers: set[str]) -> None:
    explanation = explain(denial)
    assert {reason.caller for reason in explanation.reasons} == callers
    provisions = "zappa-iam policy STAGE" if denial.principal == SESSION else "zappa-iam apply STAGE"
    assert provisions in explanation.fix


def test_a_policy_that_forbids_our_own_call_is_not_mended_by_another() -> None:
    explanation = explain(Denial("iam:GetUser", USER, USER, explicit=True))
    assert explanation.reasons
    assert '"Effect": "Deny"' in explanation.fix
    assert "boundary" in explain(Denial("iam:GetUser", USER, USER, layer="boundary")).fix


def test_the_statement_for_our_own_call_says_what_it_is_for() -> None:
    (statement,) = explain(Denial("iam:GetUser", USER, USER)).statements
    assert (statement["Sid"], statement["Resource"]) == ("ReadOwnUser", USER)
    (statement,) = explain(Denial("iam:GetRole", ROLE, USER)).statements
    assert statement["Sid"] == "ReadExecutionRole"


def test_what_zappa_never_needs_is_said() -> None:
    explanation = explain(Denial("ec2:RunInstances"))
    assert not explanation.reasons
    assert "No call of Zappa needs this" in explanation.fix
    assert not explanation.statements


@pytest.mark.parametrize(
    ("denial", "words"),
    [
        pytest.param(Denial("iam:CreateRole", layer="boundary"), "boundary", id="boundary"),
        pytest.param(Denial("iam:CreateRole", layer="organization"), "organization", id="organization"),
        pytest.param(Denial("s3:PutObject", layer="resource"), "resource itself", id="resource"),
        pytest.param(Denial("iam:CreateRole", layer="session"), "session policy", id="session"),
        pytest.param(
            Denial("iam:CreateRole", layer="quarantine", explicit=True), "make a new one", id="quarantine"
        ),
        pytest.param(
            Denial("iam:CreateRole", layer="identity", explicit=True), '"Effect": "Deny"', id="explicit deny"
        ),
        pytest.param(
            Denial("sts:AssumeRole", by_role=True, layer="resource"),
            "trust policy",
            id="a role that Lambda may not assume",
        ),
    ],
)
def test_where_a_statement_does_not_help_the_right_place_is_named(denial: Denial, words: str) -> None:
    explanation = explain(denial)
    assert words in explanation.fix
    assert not [statement for statement in explanation.statements if not denial.by_role]


def test_what_the_execution_role_lacks_is_for_its_own_permissions() -> None:
    explanation = explain(Denial("sqs:ReceiveMessage", by_role=True, operation="CreateEventSourceMapping"))
    assert "extra_permissions" in explanation.fix
    (statement,) = explanation.statements
    assert statement["Action"] == "sqs:ReceiveMessage"
    assert {reason.operation for reason in explanation.reasons} == {"lambda.CreateEventSourceMapping"}


def test_passing_a_role_is_allowed_to_the_service_that_gets_it_alone() -> None:
    (statement,) = explain(Denial("iam:PassRole", ROLE, USER, "CreateFunction")).statements
    assert statement["Resource"] == ROLE
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


@pytest.mark.parametrize(
    ("denial", "action", "resource"),
    [
        pytest.param(
            Denial("lambda:GetFunction", FUNCTION, USER),
            "lambda:GetFunction",
            FUNCTION,
            id="as the text has it",
        ),
        pytest.param(
            Denial("SNS:CreateTopic", "arn:aws:sns:us-east-1:123456789012:t", USER),
            "sns:CreateTopic",
            "arn:aws:sns:us-east-1:123456789012:t",
            id="the action as policies write it",
        ),
        pytest.param(
            Denial("iam:GetRole", "role app-dev", USER),
            "iam:GetRole",
            "arn:aws:iam::123456789012:role/app-dev",
            id="IAM's kind and name become an ARN",
        ),
        pytest.param(
            Denial(
                "cloudformation:CreateStack",
                principal="arn:aws-us-gov:sts::111122223333:assumed-role/ci/run",
            ),
            "cloudformation:CreateStack",
            "arn:aws-us-gov:cloudformation:*:111122223333:stack/*/*",
            id="no resource named: the pattern, in the principal's account",
        ),
        pytest.param(
            Denial(operation="HeadBucket"),
            "s3:ListBucket",
            "arn:aws:s3:::*",
            id="no action named: the one of the operation",
        ),
        pytest.param(
            Denial("iam:CreateRole", "arn:aws:iam::<my_arn>:role/x"),
            "iam:CreateRole",
            "arn:aws:iam::<ACCOUNT_ID>:role/x",
            id="a blacked out account is a placeholder",
        ),
    ],
)
def test_the_statement_allows_exactly_what_was_denied(denial: Denial, action: str, resource: str) -> None:
    (statement,) = explain(denial).statements
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", action, resource)
    document = PolicyDocument.parse({"Version": "2012-10-17", "Statement": [dict(statement)]})
    request = AuthorizationRequest(
        principal=denial.principal or USER, action=denial.action or action, resource=resource
    )
    assert evaluate(PolicySet(identity=(document,)), request).decision is Decision.ALLOWED


@pytest.mark.parametrize(
    ("operation", "row"),
    [
        pytest.param(operation, row, id=f"{operation} {row.action} {number}")
        for number, (operation, row) in enumerate([*ROWS, *STACK_ROWS])
    ],
)
def test_what_the_rehearsal_refuses_is_explained_back(operation: str, row) -> None:
    """Round trip: our enforcement's refusal, as botocore prints it, leads to the same action and call."""
    service, _, name = operation.partition(".")
    enforcer = Enforcer(PolicySet(), USER, Scope("123456789012", "us-east-1"))
    resource = pattern_of(row).replace("*", "x") or "*"
    refused = Checked(row.action, resource, allowed=False)
    error = enforcer.refusal(Call(service, name), (refused,))
    denial = parse_denial(
        f"An error occurred ({error['Code']}) when calling the {name} operation: {error['Message']}"
    )
    explanation = explain(denial)
    assert row.action in {reason.action for reason in explanation.reasons if reason.operation == operation}
    if denial.action:
        assert (denial.action, denial.resource) == (row.action, resource)
    else:
        assert service == "s3"


def test_the_text_of_an_explanation_carries_no_control_characters() -> None:
    denial = Denial("lambda:Get\x1b[31mFunction", "arn:\x1b[2J", "\x07", layer="identity")
    assert explanation_text([explain(denial)]).replace("\n", "").isprintable()
