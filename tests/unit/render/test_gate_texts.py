"""What the gate says before Zappa goes on, of a user who may do everything and an execution role."""

from __future__ import annotations

import pytest

from tests.support.role_reports import (
    FEW,
    of,
    role,
    role_holds_all,
    role_lacks_much,
    role_may_not_be_read,
    role_that_zappa_makes,
)
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.gate import passing_text, refusal_text

GIVEN = CommandLines("dev")
FAILS_LATER = of(role(FEW, settings={"manage_roles": False}))


@pytest.mark.parametrize(
    "report", [role_holds_all(), role_that_zappa_makes()], ids=["holds all", "Zappa makes it"]
)
def test_a_line_when_all_is_well(report):
    assert len(passing_text(report, GIVEN).splitlines()) == 1


def test_another_line_where_something_fails_when_the_function_runs():
    assert FAILS_LATER.exit_code() == 0, "else the command does not go on"
    first, second = passing_text(FAILS_LATER, GIVEN).splitlines()
    assert "may deploy" in first
    assert "lacks 2 of 5 permissions" in second
    assert second.endswith("(zappa-iam role check dev)")


@pytest.mark.parametrize("report", [role_lacks_much(), role_may_not_be_read()], ids=["refused", "not read"])
def test_the_whole_report_where_aws_refuses_the_role_or_may(report):
    """The command goes on all the same where ``on_missing`` is ``warn``, or ``unknown`` is."""
    assert "zappa-iam role check dev" in passing_text(report, GIVEN)
    assert len(passing_text(report, GIVEN).splitlines()) > 5
    refused = refusal_text([(report, GIVEN)])
    assert len(refused.splitlines()) <= 25
    assert "execution role" in refused
