"""What the gate and `ensure_deploy_permissions` do: they add what is missing, and never anything else."""

from __future__ import annotations

from dataclasses import replace

from tests.support.account import performed
from tests.support.documents import allow
from tests.unit.plan.test_assignment import BASE, DEV, PROD, desired, may, policy, state
from zappa_iam_ext.plan import plan
from zappa_iam_ext.plan.privileges import Held, lost


def test_what_is_there_already_is_left_as_it_is():
    wide = state(policy(allow("s3:*", "lambda:*", "ec2:*"), {DEV}))
    assert plan(desired(DEV), wide).takes_away
    assert plan(replace(desired(DEV), only_add=True), wide).empty


def test_what_is_missing_is_added_and_the_stages_stay():
    before = state(policy(allow("ec2:*"), {DEV, PROD}))
    made = plan(replace(desired(DEV), only_add=True), before)
    assert not made.narrowed
    after = performed(before, made.changes)
    assert may(after, DEV)
    assert after.policies[BASE].ownership.stages == {DEV, PROD}
    assert not lost([Held("", allow("ec2:*"))], [Held("", after.policies[BASE].document)])
