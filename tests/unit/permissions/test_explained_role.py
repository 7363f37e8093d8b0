"""What a role needs and is denied is explained by the row that asks for it: from the table to AWS's words and back."""

from __future__ import annotations

import pytest

from tests.support.runtime_cases import CASES, stage_of
from zappa_iam_ext.permissions.denials.explain import explain, explain_all
from zappa_iam_ext.permissions.denials.parse import parse_denials
from zappa_iam_ext.permissions.denials.principals import CallerKind
from zappa_iam_ext.permissions.model import Consequence, Requirement, UsedBy
from zappa_iam_ext.permissions.runtime import runtime_requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.runtime_rows import runtime_rows

ACCOUNT = "123456789012"
#: How Lambda writes the services whose actions it asks the role for.
SERVICES = {"dynamodb": "DynamoDB", "ec2": "EC2", "elasticfilesystem": "EFS", "kinesis": "Kinesis", "logs": "CloudWatch Logs", "sns": "SNS", "sqs": "SQS", "xray": "XRAY"}  # fmt: skip
ROWS = [pytest.param(row, id=f"{row.used_by}: {row.action}") for row in runtime_rows()]


def denied(of: Stage, item: Requirement) -> str:
    """Return AWS's sentence about a session of the stage's role: API Gateway's, or the function's."""
    session = "BackplaneAssumeRoleSession" if item.used_by is UsedBy.API_GATEWAY else of.function_name
    resource = item.resource.replace("*", "x").replace("?", "y") if item.resource != "*" else "*"
    return (
        f"User: arn:{of.partition}:sts::{of.account_id or ACCOUNT}:assumed-role/{of.role.name}/{session} is not authorized to"
        f" perform: {item.action} on resource: {resource} because no identity-based policy allows the {item.action} action"
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_every_need_of_a_stage_that_is_denied_is_explained_by_it(case) -> None:
    of = stage_of(case)
    needs = runtime_requirements(of)
    denials = [denial for item in needs for denial in parse_denials(denied(of, item))]
    for item, told in zip(needs, explain_all(denials, of), strict=True):
        assert told.denial.by_role
        assert told.principal_kind is CallerKind.EXECUTION_ROLE
        assert (item.because, str(item.used_by)) in {
            (reason.because, reason.caller) for reason in told.reasons
        }, denied(of, item)
        assert "zappa-iam role ensure dev adds it" in told.fix
        assert "zappa-iam apply" not in told.fix


@pytest.mark.parametrize("row", ROWS)
def test_what_lambda_says_of_a_row_names_its_action(row) -> None:
    service, _, operation = row.action.partition(":")
    words = f"The provided execution role does not have permissions to call {operation} on {SERVICES.get(service, service)}"
    (denial,) = parse_denials(words)
    assert (denial.action, denial.by_role, denial.principal) == (row.action, True, "")
    told = explain(denial)
    refused = {
        item.because
        for item in runtime_rows()
        if item.action == row.action and item.consequence is Consequence.REFUSED
    }
    assert {reason.because for reason in told.reasons} == refused
    assert "not the user who deploys" in told.fix


QUOTED = [row for row in runtime_rows() if "'The " in row.symptom]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.action) for row in QUOTED])
def test_the_words_that_a_row_quotes_are_known(row) -> None:
    _, _, words = row.symptom.partition("'")
    (denial,) = parse_denials(words.rstrip("'"))
    assert (denial.action, denial.by_role) == (row.action, True)


def test_some_rows_quote_aws() -> None:
    assert len(QUOTED) >= 5
