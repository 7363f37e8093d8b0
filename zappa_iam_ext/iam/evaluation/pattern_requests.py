"""Patterns as requests: what is decided for every action and resource that a pattern covers, exactly.

The texts of a pattern fall into classes: those that match the very same patterns of the policies. Each class is decided
once, and the gravest decision is that of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zappa_iam_ext.iam.conditions.evaluate import Context
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.evaluation.compiled import CompiledStatement
from zappa_iam_ext.iam.evaluation.index import StatementIndex
from zappa_iam_ext.iam.evaluation.logic import Matched
from zappa_iam_ext.iam.patterns.glob import Glob, is_pattern, some_word, text_glob
from zappa_iam_ext.iam.request import Decision, Layer

Answer = tuple[Decision, Layer | None]
Matching = Callable[[StatementIndex], Iterable[Matched]]
_GRAVEST_FIRST = (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.UNKNOWN, Decision.ALLOWED)


@dataclass(frozen=True, slots=True)
class Relevant:
    """A statement about an action: how certain its condition is, and its resource patterns that the request meets."""

    statement: CompiledStatement
    truth: Truth
    certain: tuple[Glob, ...]
    possible: tuple[Glob, ...]

    def truth_for(self, matched: Collection[Glob]) -> Truth:
        """Return how certainly the statement matches a resource that is of these patterns and no others."""
        found = TRUE if any(glob in matched for glob in self.certain) else FALSE
        if not found and any(glob in matched for glob in self.possible):
            found = UNKNOWN
        return min(self.truth, found.negated if self.statement.negated else found)


def decide_pattern(
    action: str,
    asked: Glob,
    context: Context,
    indexes: Sequence[StatementIndex],
    decide: Callable[[Matching], Answer],
) -> Answer:
    """Return the gravest decision on what a pattern covers; ``decide`` answers for one class of requests.

    Raises `PatternTooComplex`.
    """
    answers: dict[Decision, Layer | None] = {}
    seen: set[frozenset[CompiledStatement]] = set()

    def of_action(speaking: Mapping[StatementIndex, Sequence[CompiledStatement]]) -> bool:
        spoken = frozenset(statement for found in speaking.values() for statement in found)
        if spoken not in seen:
            seen.add(spoken)
            _decide_resources(asked, context, speaking, decide, answers)
        return Decision.EXPLICIT_DENY in answers

    if is_pattern(action):
        _each_class(text_glob(action), indexes, of_action)
    else:
        of_action({index: index.about(action).statements for index in indexes})
    for decision in _GRAVEST_FIRST:
        if decision in answers:
            return decision, answers[decision]
    return Decision.IMPLICIT_DENY, Layer.IDENTITY


def _each_class(
    asked: Glob,
    indexes: Sequence[StatementIndex],
    of_action: Callable[[Mapping[StatementIndex, Sequence[CompiledStatement]]], bool],
) -> None:
    """Call ``of_action`` with the statements about each class of actions of a pattern, until it says yes."""
    globs = dict.fromkeys(
        glob
        for index in indexes
        for statement in index.statements
        for glob in (*statement.actions, *statement.not_actions)
        if glob.may_meet(asked)
    )

    def judged(accepted: tuple[bool, ...]) -> bool:
        matched = {glob for glob, accepts in zip(globs, accepted, strict=True) if accepts}
        return of_action(
            {
                index: [statement for statement in index.statements if _speaks(statement, matched)]
                for index in indexes
            }
        )

    some_word(asked, tuple(globs), judged)


def _speaks(statement: CompiledStatement, matched: Collection[Glob]) -> bool:
    if statement.not_actions:
        return not any(glob in matched for glob in statement.not_actions)
    return any(glob in matched for glob in statement.actions)


def _decide_resources(
    asked: Glob,
    context: Context,
    speaking: Mapping[StatementIndex, Sequence[CompiledStatement]],
    decide: Callable[[Matching], Answer],
    answers: dict[Decision, Layer | None],
) -> None:
    """Decide each class of resources of a pattern, under the statements about one class of actions."""
    relevant = {index: list(_relevant(found, asked, context)) for index, found in speaking.items()}
    globs = tuple(
        dict.fromkeys(
            glob for found in relevant.values() for item in found for glob in (*item.certain, *item.possible)
        )
    )

    def judged(accepted: tuple[bool, ...]) -> bool:
        matched = {glob for glob, accepts in zip(globs, accepted, strict=True) if accepts}

        def matching(index: StatementIndex) -> Iterator[Matched]:
            for item in relevant[index]:
                if truth := item.truth_for(matched):
                    yield item.statement, truth

        decision, layer = decide(matching)
        answers.setdefault(decision, layer)
        return decision is Decision.EXPLICIT_DENY

    some_word(asked, globs, judged)


def _relevant(statements: Iterable[CompiledStatement], asked: Glob, context: Context) -> Iterator[Relevant]:
    """Yield the statements whose condition may hold and whose resources may meet the pattern."""
    for statement in statements:
        truth = statement.holds(context)
        if not truth:
            continue
        patterns = statement.patterns(context)
        certain = tuple(glob for glob in patterns.certain if glob.may_meet(asked))
        possible = tuple(glob for glob in patterns.possible if glob.may_meet(asked))
        if truth and (statement.negated or certain or possible):
            yield Relevant(statement, truth, certain, possible)
