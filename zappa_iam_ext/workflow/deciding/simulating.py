"""Asks AWS's simulator about requirements: once, again for denials without what may be to blame, then for the policy's name.

Three rounds of questions that do not hang on each other; the second and the third only where something is denied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from zappa_iam_ext.aws.principal_policies import PrincipalPolicies
from zappa_iam_ext.check import NO_FACTS, Blocker, Evidence, EvidenceNote, Facts
from zappa_iam_ext.check.joining import Voice
from zappa_iam_ext.check.simulation.blocking import Candidate, bisect, blocker_of, candidates, fitting
from zappa_iam_ext.check.simulation.questions import Asked, absent_for_certain, again, ask
from zappa_iam_ext.check.simulation.readings import Settled, needed_again, read_answer
from zappa_iam_ext.check.simulation.words import (
    Answer,
    Exclusion,
    Mentioned,
    Question,
    SimulatedDecision,
    mentioned_in,
    open_keys,
    told_by,
)
from zappa_iam_ext.iam import Decision, Layer, PolicyDocument
from zappa_iam_ext.permissions.model import Requirement

#: Actions without types of resources, recorded as such: whoever may do none of them may still ask.
_WITNESSES = ("s3:ListAllMyBuckets", "iam:ListUsers", "ec2:DescribeInstances")
#: Asks questions that do not hang on each other, and returns their answers in order. Never raises.
AskAll = Callable[[Sequence[Question]], Sequence[Answer]]


@dataclass(slots=True)
class Simulation:
    """What the simulator said of some requirements: a voice for each, in order, and how far it went.

    There are no voices where it said nothing at all.
    """

    voices: tuple[Voice, ...] = ()
    note: EvidenceNote = field(default_factory=lambda: EvidenceNote(Evidence.SIMULATION))


def simulate(
    requirements: Iterable[Requirement],
    held: PrincipalPolicies,
    region: str,
    ask_all: AskAll,
    *,
    facts: Facts = NO_FACTS,
) -> Simulation:
    """Return what the simulator says of requirements; ``ask_all`` asks it."""
    asked = ask(requirements, held.principal, region, facts)
    first = _believed(ask_all(_questions(asked)))
    if not any(answer.decisions for answer in first):
        return Simulation(note=_note(asked, first))
    found = {answer.question: answer for answer in first}
    absent = absent_for_certain(facts)
    told = (mentioned_in(_documents(held)),) if held.complete else told_by(first)
    more = [*_again(asked, found)]
    unsettled = [question for question in _hanging(asked, found) if open_keys(told, question, absent) is None]
    witness = _witness(unsettled, found, held)
    second = ask_all([*more, *([witness] if witness else ())])
    told = (*told, *_told_by_witness(second, held))
    settled = Settled(lambda question: open_keys(told, question, absent), absent, held.principal.account)
    names = _Names(ask_all, candidates(_sources(held), held.principal))
    voices = tuple(
        read_answer(item, _answers(item, first, second), settled, names.of(item, found)) for item in asked
    )
    return Simulation(voices, _note(asked, first))


def _questions(asked: Iterable[Asked]) -> tuple[Question, ...]:
    return tuple(dict.fromkeys(item.question for item in asked if item.question))


def _believed(answers: Sequence[Answer]) -> Sequence[Answer]:
    """Return the answers; none of them where one is not what AWS's simulator answers, for then something else does."""
    if not any(answer.odd for answer in answers):
        return answers
    return [replace(answer, decisions=()) for answer in answers]


def _decision(item: Asked, found: dict[Question, Answer]) -> SimulatedDecision | None:
    answer = found.get(item.question) if item.question else None
    return answer.on(item.requirement.action, item.resource) if answer else None


def _again(asked: Sequence[Asked], found: dict[Question, Answer]) -> Iterable[Question]:
    """Yield the questions about what is denied, less the policies that do not allow it."""
    groups: dict[tuple[Question, tuple[Exclusion, ...]], list[Asked]] = {}
    for item in asked:
        decision = _decision(item, found)
        if decision and item.question:
            for kinds in needed_again(decision):
                without: tuple[Exclusion, ...] = kinds
                groups.setdefault((item.question, without), []).append(item)
    for (question, without), items in groups.items():
        yield again(items, replace(question, without=without))


def _hanging(asked: Sequence[Asked], found: dict[Question, Answer]) -> Iterable[Question]:
    """Yield the questions some answer to which may hang on a key that was not given."""
    for item in asked:
        decision = _decision(item, found)
        if item.question and decision and decision.decision is not Decision.IMPLICIT_DENY:
            yield item.question


def _witness(
    hanging: Sequence[Question], found: dict[Question, Answer], held: PrincipalPolicies
) -> Question | None:
    """Return the question whose sure denial tells the keys that policies mention: harmless actions, asked in silence.

    It gives no more keys than any question whose answer hangs on them. None where no answer hangs on any, or where the
    boundary in whose place the silent one stands could not be read.
    """
    limited = any(
        decision.by_boundary is not None for answer in found.values() for decision in answer.decisions
    )
    if not hanging or (limited and not any(policy.layer == "boundary" for policy in held.held)):
        return None
    shared = frozenset.intersection(*(question.supplied for question in hanging))
    context = tuple(entry for entry in hanging[0].context if entry.name.lower() in shared)
    return Question(_WITNESSES, context=context, silent_boundary=True)


def _told_by_witness(answers: Iterable[Answer], held: PrincipalPolicies) -> tuple[Mentioned, ...]:
    """Return what the silent boundary's denial tells, and what the boundary that it replaced mentions."""
    own = mentioned_in(policy.document for policy in held.held if policy.layer == "boundary")
    return tuple(
        Mentioned(told.keys | own.keys, told.supplied)
        for answer in answers
        if answer.question.silent_boundary
        for told in told_by([answer])
        if all(decision.by_boundary is False for decision in answer.decisions)
    )


def _answers(item: Asked, first: Iterable[Answer], second: Iterable[Answer]) -> Iterable[Answer]:
    """Yield the answers that are about a requirement."""
    if not item.question:
        return
    for answer in first:
        if answer.question == item.question:
            yield answer
    for answer in second:
        same = answer.question.context == item.question.context and not answer.question.silent_boundary
        if same and answer.on(item.requirement.action, item.resource):
            yield answer


class _Names:
    """Names the policy of an explicit deny; bisects only where the simulator's name of it could be of several."""

    def __init__(self, ask_all: AskAll, known: tuple[Candidate, ...]) -> None:
        self._ask_all, self._known = ask_all, known
        self._bisected: dict[str, Candidate | None] = {}

    def of(self, item: Asked, found: dict[Question, Answer]) -> Blocker | None:
        """Return the policy that denies explicitly; None where nothing does, or nothing names it."""
        decision = _decision(item, found)
        if (
            not decision
            or decision.decision is not Decision.EXPLICIT_DENY
            or decision.by_organization is False
        ):
            return None
        if not decision.matched:
            named = self._one_of(item, self._known, "")
            return Blocker(Layer.IDENTITY, explicit=True, policy=named.source) if named else None
        for statement in decision.matched:
            could_be = fitting(statement, self._known)
            if named := self._one_of(item, could_be, statement.policy):
                return blocker_of(decision.matched, named)
        return blocker_of(decision.matched, None)

    def _one_of(self, item: Asked, known: Sequence[Candidate], key: str) -> Candidate | None:
        if key and len(known) < 2:  # noqa: PLR2004  -- one needs no question
            return known[0] if known else None
        if not key:
            key = f"{item.requirement.action} {item.resource}"
        if key not in self._bisected:
            self._bisected[key] = bisect(known, partial(self._flips, item))
        return self._bisected[key]

    def _flips(self, item: Asked, without: tuple[Exclusion, ...]) -> bool | None:
        if not item.question:
            return None
        (answer,) = self._ask_all([again([item], replace(item.question, without=without))])
        decision = answer.on(item.requirement.action, item.resource)
        return decision.decision is not Decision.EXPLICIT_DENY if decision else None


def _documents(held: PrincipalPolicies) -> Iterable[PolicyDocument]:
    return (policy.document for policy in held.held)


def _sources(held: PrincipalPolicies) -> Iterable[tuple[str, str, str]]:
    """Yield the words, the ARN and the text of every policy that is known to bind the principal, also of what could not be read."""
    for policy in held.held:
        if policy.layer != "boundary":
            yield policy.source, policy.arn, policy.text
    for text in held.unreadable:
        yield text, "", ""


def _note(asked: Sequence[Asked], answers: Sequence[Answer]) -> EvidenceNote:
    faults = tuple(dict.fromkeys(fault for answer in answers for fault in answer.faults))
    left = sum(1 for item in asked if not item.question)
    told = [faults[0] + (f" and {len(faults) - 1} more" if len(faults) > 1 else "")] if faults else []
    if any(answer.odd for answer in answers):
        told.append("it does not answer as AWS does, and nothing of it is used")
    elif left and not any(answer.final for answer in answers):
        told.append(f"{left} of {len(asked)} permissions are about names that it cannot be asked about")
    return EvidenceNote(Evidence.SIMULATION, "; ".join(told))
