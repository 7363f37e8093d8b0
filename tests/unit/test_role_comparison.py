"""Zappa's default execution role beside the computed ones: the page is current, and its numbers are counted."""

from __future__ import annotations

import pytest

from tests.generate.role_comparison import (
    DEFAULT,
    STAGES,
    TARGET,
    allowed,
    documents,
    everywhere,
    judged_by_lint,
    judged_by_parliament,
    lacking,
    open_services,
    stage_of,
    written,
)
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.findings import Severity
from zappa_iam_ext.permissions.runtime import runtime_requirements

#: What AWS cannot narrow, with the reason.
NOT_NARROWED = {
    "ec2:CreateNetworkInterface": "Lambda makes interfaces in subnets that may belong to another account",
    "ec2:DescribeNetworkInterfaces": "EC2 knows no resource for it",
    "ec2:DescribeSubnets": "EC2 knows no resource for it",
    "xray:PutTelemetryRecords": "X-Ray knows no resource for it",
    "xray:PutTraceSegments": "X-Ray knows no resource for it",
}


def document(*statements: dict) -> PolicyDocument:
    return PolicyDocument.parse(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **item} for item in statements]}
    )


def test_the_page_is_current() -> None:
    assert TARGET.read_text("utf-8") == written(), f"docs/{TARGET.name} is stale: run `make docs`"


def test_zappas_default_gives_full_access_to_at_least_seven_services() -> None:
    default = documents()[DEFAULT]
    found = open_services(default)
    assert len(found) >= 7
    assert {"dynamodb", "kinesis", "logs", "route53", "s3", "sns", "sqs"} <= set(found)
    assert len(everywhere(default)) > 500


@pytest.mark.parametrize("title", STAGES)
def test_the_computed_role_gives_full_access_to_none(title) -> None:
    ours = documents()[title]
    assert open_services(ours) == []
    assert everywhere(ours) <= set(NOT_NARROWED)
    assert len(allowed(ours)) < 20
    assert [finding.id for finding in judged_by_lint(ours) if finding.severity is Severity.ERROR] == []


def test_nothing_is_excused_that_does_not_occur() -> None:
    assert {action for title in STAGES for action in everywhere(documents()[title])} == set(NOT_NARROWED)


@pytest.mark.parametrize("title", STAGES)
def test_the_computed_role_lacks_nothing_that_the_settings_need(title) -> None:
    needed = runtime_requirements(stage_of(title))
    assert needed
    assert lacking(documents()[title], needed) == []


def test_what_the_default_lacks_is_seen() -> None:
    needed = runtime_requirements(stage_of("slim, with a file system"))
    assert {"elasticfilesystem:ClientMount"} <= {
        item.action for item in lacking(documents()[DEFAULT], needed)
    }


@pytest.mark.parametrize(
    ("statement", "services", "count"),
    [
        pytest.param({"Action": "sqs:*", "Resource": "*"}, ["sqs"], True, id="all actions on a star"),
        pytest.param({"Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:*"}, ["sqs"], True, id="on every ARN of the service"),
        pytest.param({"Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:jobs"}, [], False, id="one name"),
        pytest.param({"Action": "sqs:*", "Resource": "arn:aws:sqs:*:123456789012:*"}, [], False, id="one account"),
        pytest.param({"Action": "sqs:Send*", "Resource": "*"}, [], True, id="some actions"),
        pytest.param(
            {"Action": "sqs:*", "Resource": "*", "Condition": {"Null": {"lambda:SourceFunctionArn": "true"}}}, [], False,
            id="under a condition",
        ),
        pytest.param({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}, [], False, id="a deny gives nothing"),
    ],
)  # fmt: skip
def test_what_counts_as_full_access(statement, services, count) -> None:
    assert open_services(document(statement)) == services
    assert bool(everywhere(document(statement))) is count


def test_both_linters_are_asked() -> None:
    default = documents()[DEFAULT]
    assert {finding.id for finding in judged_by_lint(default)} >= {"wildcard/service-actions"}
    assert judged_by_parliament(default)["RESOURCE_STAR"] > 0
