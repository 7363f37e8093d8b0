"""What IAM does not show yet is waited for, and never made twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.plan.test_assignment import DEV, desired
from zappa_iam_ext.errors import AccountChanged
from zappa_iam_ext.plan import AttachUserPolicy, Consents, CurrentState, Plan
from zappa_iam_ext.workflow.provisioning import applying
from zappa_iam_ext.workflow.provisioning.model import Provisioning

ATTACH, OTHER = AttachUserPolicy("serverless", "arn:a"), AttachUserPolicy("serverless", "arn:b")
GIVEN = Provisioning(
    plan=Plan((ATTACH,)),
    desired=desired(DEV),
    current=CurrentState(),
    consents=Consents(),
    administrator="arn:aws:iam::123456789012:user/admin",
    account="123456789012",
    user="serverless",
    profile="serverless",
    stages=("dev",),
)


class Account:
    """Shows a plan for each look, the last one again and again; remembers what was applied and waited."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *left: Plan, fails: tuple[bool, ...] = ()) -> None:
        self.left, self.fails = list(left), list(fails)
        self.applied: list[Plan] = []
        self.waited: list[float] = []
        self.told: list[str] = []
        monkeypatch.setattr(applying, "plan_again", lambda _: (CurrentState(), self._look()))
        monkeypatch.setattr(applying, "apply_plan", self._apply)
        monkeypatch.setattr(applying, "patient", self.waited.append)

    def _look(self) -> Plan:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]

    def _apply(self, _: Any, plan: Plan, **__: Any) -> tuple[Any, ...]:
        self.applied.append(plan)
        if self.fails and self.fails.pop(0):
            raise AccountChanged("meanwhile")
        return plan.changes

    def run(self, *, again: bool = True) -> None:
        applying.apply_stages((replace(GIVEN, iam=object()),), progress=self.told.append, again=again)


def test_nothing_is_waited_for_when_it_is_there(monkeypatch):
    account = Account(monkeypatch, Plan())
    account.run()
    assert (account.waited, len(account.applied)) == ([], 1)


def test_what_is_not_shown_yet_is_waited_for_and_not_made_again(monkeypatch):
    account = Account(monkeypatch, Plan((ATTACH,)), Plan((ATTACH,)), Plan())
    account.run()
    assert (account.waited, len(account.applied)) == ([0.5, 1.0], 1)


def test_what_is_never_shown_is_told_and_no_failure(monkeypatch):
    account = Account(monkeypatch, Plan((ATTACH,)))
    account.run()
    assert account.waited == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert len(account.applied) == 1
    assert "not visible everywhere yet" in account.told[-1]


def test_what_another_run_left_to_do_is_done(monkeypatch):
    account = Account(monkeypatch, Plan((OTHER,)), Plan())
    account.run()
    assert [plan.changes for plan in account.applied] == [(ATTACH,), (OTHER,)]


def test_a_change_meanwhile_is_planned_anew(monkeypatch):
    account = Account(monkeypatch, Plan((OTHER,)), Plan(), fails=(True, False))
    account.run()
    assert [plan.changes for plan in account.applied] == [(ATTACH,), (OTHER,)]


def test_what_was_reviewed_is_never_planned_anew(monkeypatch):
    account = Account(monkeypatch, Plan((OTHER,)), fails=(True,))
    with pytest.raises(AccountChanged):
        account.run(again=False)
    assert len(account.applied) == 1


def test_it_is_given_up_in_the_end(monkeypatch):
    account = Account(monkeypatch, Plan((OTHER,)), fails=(True,) * 20)
    with pytest.raises(AccountChanged):
        account.run()
    assert len(account.applied) == applying.MAX_ATTEMPTS
