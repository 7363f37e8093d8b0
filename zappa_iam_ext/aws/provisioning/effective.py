"""Waits until what a role's policies allow is effective, as far as anybody can be asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.evidence.simulation import PolicySimulator
from zappa_iam_ext.aws.provisioning.provisioner import patient
from zappa_iam_ext.check.simulation.questions import Asked
from zappa_iam_ext.check.simulation.words import Answer, Question, SimulatedDecision
from zappa_iam_ext.iam import Decision

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

DELAYS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between two questions, give or take a quarter; the last one goes on."""
SURE_AFTER = 30.0
"""Seconds after which a denial by a boundary or an organization is no longer taken for a change that spreads."""


@dataclass(frozen=True, slots=True)
class Effective:
    """What the simulator said at last: what it denies, each with the layer, and why it could not tell (empty: it could).

    ``denied`` is empty and ``unknown`` too where all that was asked is allowed.
    """

    denied: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    unknown: str = ""


def wait_until_effective(
    iam: IAMClient,
    role_arn: str,
    asked: Sequence[Asked],
    seconds: float,
    *,
    sleep: Callable[[float], None] = patient,
    clock: Callable[[], float] = time.monotonic,
) -> Effective:
    """Ask IAM's simulator with the role as its source until all is allowed, for so many seconds at most.

    ``blocked`` of the answer are those that a boundary or the organization denies, which waiting does not mend. Nothing is
    raised: what cannot be asked is unknown.
    """
    questions = tuple(dict.fromkeys(item.question for item in asked if item.question is not None))
    start, attempt = clock(), 0
    while True:
        found = _asked_once(iam, role_arn, questions, asked)
        passed = clock() - start
        if not found.denied or (found.blocked and passed >= SURE_AFTER) or passed >= seconds:
            return found
        delay = DELAYS[min(attempt, len(DELAYS) - 1)]
        sleep(min(delay, max(seconds - passed, 0.0)))
        attempt += 1


def _asked_once(
    iam: IAMClient, role_arn: str, questions: Sequence[Question], asked: Sequence[Asked]
) -> Effective:
    simulator = PolicySimulator(iam, role_arn)
    denied: dict[str, None] = {}
    blocked: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for question in questions:
        answer = simulator.ask(question)
        unknown |= dict.fromkeys(answer.faults)
        wanted = {
            (item.requirement.action.lower(), item.resource) for item in asked if item.question == question
        }
        for decision in _denials(answer, wanted):
            told = f"{decision.action} on {decision.resource}"
            denied[told] = None
            if decision.by_boundary is False or decision.by_organization is False:
                blocked[told] = None
    return Effective(tuple(denied), tuple(blocked), "; ".join(unknown))


def _denials(answer: Answer, wanted: set[tuple[str, str]]) -> list[SimulatedDecision]:
    return [
        decision
        for decision in answer.decisions
        if decision.decision is not Decision.ALLOWED
        and (decision.action.lower(), decision.resource) in wanted
    ]
