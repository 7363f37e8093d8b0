"""The words of AWS's policy simulator: what it is asked, what it answers. Pure.

How it behaves is recorded: ``tests/cases/observed/simulator.json``, the rules of it in ``docs/evidence.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.iam import Decision, PolicyDocument, Statement

_VARIABLE = re.compile(r"\$\{\s*([^\s,}*?$]+)")


class PolicyType(StrEnum):
    """The kinds of policy that the simulator can leave out as a whole (``PolicyExclusionList``)."""

    BOUNDARY = "permission-boundary"
    SCP = "scp"


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """An inline policy by its three names: ``user``, ``group`` or ``role``, whose it is, and its own."""

    attachment_type: str
    attachment_name: str
    policy_name: str


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A condition key of the request, with its type in the simulator's words (``string``, ``booleanList``)."""

    name: str
    kind: str
    values: tuple[str, ...]


#: What a question leaves out: a kind of policy, an inline policy, or a managed one by its ARN.
Exclusion = PolicyType | InlinePolicy | str


@dataclass(frozen=True, slots=True)
class Question:
    """One call: every action is asked on every resource. Without resources they are asked on ``*``.

    ``without`` is left out. ``silent_boundary`` puts a boundary that allows none of it in the place of the real one: all is
    then an implicit deny, the only decision with which the simulator tells which condition keys it lacks.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    context: tuple[ContextEntry, ...] = ()
    without: tuple[Exclusion, ...] = ()
    silent_boundary: bool = False

    @property
    def supplied(self) -> frozenset[str]:
        """The names of the condition keys that it gives, in lower case."""
        return frozenset(entry.name.lower() for entry in self.context)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the text of a policy, lines and columns counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class MatchedStatement:
    """A statement that decided.

    ``policy`` is the simulator's name of it: ``user_NAME_POLICY``, ``group_NAME_POLICY``, ``role_NAME_POLICY`` for an inline
    one, the bare name for a managed one. ``kind`` is ``IAM Policy``, ``Permissions Boundary Policy`` or ``Resource Policy``. From
    ``start``, just behind the token before the statement, to ``end``, just behind its ``}``.
    """

    policy: str
    kind: str = "IAM Policy"
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True, slots=True)
class SimulatedDecision:
    """What the simulator says of one action on one resource (``*``: asked without).

    ``by_organization`` and ``by_boundary`` tell whether those allow it; None where there is none. The first is told once for
    all resources of an action. ``missing`` are condition keys that a policy mentions and the question lacks, in lower case: it
    is filled for an implicit deny only.
    """

    action: str
    resource: str
    decision: Decision
    by_organization: bool | None = None
    by_boundary: bool | None = None
    matched: tuple[MatchedStatement, ...] = ()
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one question, and why the rest was not.

    ``final``: any other question would meet the same. ``odd``: it is not what AWS's simulator answers.
    """

    question: Question
    decisions: tuple[SimulatedDecision, ...] = ()
    faults: tuple[str, ...] = ()
    final: bool = False
    odd: bool = False

    def on(self, action: str, resource: str) -> SimulatedDecision | None:
        """Return the decision on one action and resource; None where there is none."""
        wanted = action.lower()
        return next(
            (
                found
                for found in self.decisions
                if found.action.lower() == wanted and found.resource == resource
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The condition keys that some policy mentions, as far as a question that did not give them could tell.

    ``supplied`` are the keys that were given: of them nothing is known.
    """

    keys: frozenset[str]
    supplied: frozenset[str] = frozenset()

    def open_to(self, question: Question, absent: frozenset[str]) -> frozenset[str] | None:
        """Return the keys on which an answer may still hang; None where that is not known.

        ``absent`` are keys that a real request lacks as well.
        """
        if not self.supplied <= question.supplied:
            return None
        return self.keys - question.supplied - absent


def told_by(answers: Iterable[Answer]) -> tuple[Mentioned, ...]:
    """Return what the implicit denies of these answers tell of the keys that policies mention.

    Recorded: an implicit deny lists every absent key that any policy mentions, for other actions and resources too; an
    ``allowed`` lists none, even where a conditional Deny was skipped. What it lists where an organization policy denies is not
    recorded, so that tells nothing.
    """
    return tuple(
        Mentioned(found.missing, answer.question.supplied)
        for answer in answers
        for found in answer.decisions
        if found.decision is Decision.IMPLICIT_DENY and found.by_organization is not False
    )


def open_keys(
    mentioned: Iterable[Mentioned], question: Question, absent: frozenset[str]
) -> frozenset[str] | None:
    """Return the keys on which an answer to a question may hang; None where nothing tells."""
    told = [keys for each in mentioned if (keys := each.open_to(question, absent)) is not None]
    return frozenset[str]().union(*told) if told else None


def mentioned_in(documents: Iterable[PolicyDocument]) -> Mentioned:
    """Return the condition keys that documents mention, variables included: what could be read needs no question."""
    return Mentioned(
        frozenset(
            key.lower()
            for document in documents
            for statement in document.statements
            for key in _keys(statement)
        )
    )


def _keys(statement: Statement) -> Iterator[str]:
    texts = [*statement.resources, *statement.not_resources]
    for tests in statement.condition.values():
        for key, values in tests.items():
            yield key
            texts += values
    for text in texts:
        yield from _VARIABLE.findall(text)
