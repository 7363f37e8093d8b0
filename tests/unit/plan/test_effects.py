"""What a plan says of others who hold a policy, and which documents it puts in force."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.documents import allow
from tests.unit.plan.test_assignment import BASE, DEV, NEEDS, policy, state
from zappa_iam_ext.plan import CurrentPolicy, Plan
from zappa_iam_ext.plan import changes as c
from zappa_iam_ext.plan.planning.effects import WrittenDocument, told_of_others, written_documents
from zappa_iam_ext.plan.role_states import CurrentRole, CurrentRoles

OLD, NEW = allow("s3:A"), NEEDS[DEV]
THERE = replace(policy(OLD, {DEV}, versions=("v1", "v2")), former={"v1": NEW})
LIMIT = CurrentPolicy(f"{THERE.arn}-Boundary", OLD, "v1", ("v1",))
RUN = CurrentRole("run", "arn:aws:iam::123456789012:role/run", OLD, inline={"own": OLD})
STATE = state(THERE, roles=CurrentRoles(deployer=RUN, execution={"run2": RUN}, limits={LIMIT.name: LIMIT}))


@pytest.mark.parametrize(
    ("change", "written"),
    [
        pytest.param(c.CreatePolicy("arn:x/new", "new", "/", NEW, {}), ("new", None, NEW), id="a new policy"),
        pytest.param(c.CreatePolicyVersion(THERE.arn, NEW, "v2"), (BASE, OLD, NEW), id="a new version"),
        pytest.param(c.CreatePolicyVersion(LIMIT.arn, NEW, "v1"), (LIMIT.name, OLD, NEW), id="a boundary"),
        pytest.param(
            c.SetDefaultPolicyVersion(THERE.arn, "v1", "v2"), (BASE, OLD, NEW), id="a version of before"
        ),
        pytest.param(
            c.CreateRole("new", "/", NEW, {}), ("trust of new", None, NEW), id="whom a new role trusts"
        ),
        pytest.param(
            c.UpdateAssumeRolePolicy("run", NEW), ("trust of run", OLD, NEW), id="whom a role trusts"
        ),
        pytest.param(c.PutRolePolicy("run2", "own", NEW), ("own of run2", OLD, NEW), id="an inline policy"),
        pytest.param(
            c.PutRolePolicy("run", "other", NEW), ("other of run", None, NEW), id="another inline policy"
        ),
        pytest.param(c.TagPolicy(THERE.arn, {}), None, id="tags are no document"),
    ],
)
def test_each_document_that_is_put_in_force_stands_against_what_is_there(change, written):
    found = list(written_documents(Plan((change,)), STATE))
    assert found == ([WrittenDocument(*written)] if written else [])


@pytest.mark.parametrize(
    ("holders", "attached", "told"),
    [
        pytest.param(1, True, "", id="the user alone"),
        pytest.param(0, False, "", id="nobody"),
        pytest.param(2, True, "1 other ", id="the user and somebody"),
        pytest.param(3, False, "3 others ", id="others only"),
    ],
)
def test_who_else_holds_a_policy_that_is_written_is_told(holders, attached, told):
    current = state(replace(THERE, holders=holders), attached=attached)
    plan = Plan((c.CreatePolicyVersion(THERE.arn, NEW, "v2"),))
    found = " ".join(told_of_others(plan, current))
    assert (told in found) if told else (found == "")
    assert list(told_of_others(Plan((c.TagPolicy(THERE.arn, {}),)), current)) == []
