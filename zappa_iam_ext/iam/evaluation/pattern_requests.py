"""Patterns as requests: what is decided for every action and resource that a pattern covers, exactly.

The texts of a pattern fall into classes: those that match the very same statements. Each class is decided once, and
the gravest decision is that of the whole. Statements that could not decide otherwise than others are taken together
first, and those that a wider one of their kind makes superfluous left out. Where the patterns are too entangled to
be told apart within bounds the decision is unknown, unless a denial was found.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zappa_iam_ext.iam.conditions.evaluate import Context
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.evaluation.compiled import CompiledStatement
from zappa_iam_ext.iam.evaluation.index import StatementIndex
from zappa_iam_ext.iam.evaluation.logic import Matched
from zappa_iam_ext.iam.patterns.classes import PatternTooComplex, Union, allowance, some_class
from zappa_iam_ext.iam.patterns.containment import surely_covers
from zappa_iam_ext.iam.patterns.glob import Glob, is_pattern, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
from zappa_iam_ext.iam.request import Decision, Layer

Answer = tuple[Decision, Layer | None]
Matching = Callable[[StatementIndex], Iterable[Matched]]
Speaking = Mapping[StatementIndex, Sequence[CompiledStatement]]
_GRAVEST_FIRST = (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.UNKNOWN, Decision.ALLOWED)
#: What the comparisons of patterns for one request may cost together (see `allowance`).
MAX_COST = 400_000
#: Why a decision on a pattern is unknown though every condition key is known.
TOO_COMPLEX = "the patterns of the policies are too entangled to be compared with what is asked"


@dataclass(frozen=True, slots=True)
class Relevant:
    """A statement, or several that decide alike: how certain the condition is, and the resource patterns."""

    statement: CompiledStatement
    truth: Truth
    certain: Union
    possible: Union = ()

    @property
    def unions(self) -> tuple[Union, ...]:
        """The patterns whose texts it must be told apart by."""
        return tuple(union for union in (self.certain, self.possible) if union)

    @property
    def kind(self) -> Hashable:
        """What is equal for statements that do the same to whoever they match."""
        written = self.statement.match.statement
        who = (
            (_frozen(written.principals), _frozen(written.not_principals))
            if self.statement.names_principals
            else None
        )
        return self.statement.denies, who

    def truth_for(self, matched: Mapping[Union, bool]) -> Truth:
        """Return how certainly it matches a resource that is of these unions of patterns."""
        found = TRUE if self.certain and matched[self.certain] else FALSE
        if not found and self.possible and matched[self.possible]:
            found = UNKNOWN
        return min(self.truth, found.negated if self.statement.negated else found)


def _frozen(element: Mapping[str, tuple[str, ...]] | None) -> Hashable:
    return None if element is None else frozenset((kind, frozenset(each)) for kind, each in element.items())


def decide_pattern(
    action: str,
    asked: Glob,
    context: Context,
    indexes: Sequence[StatementIndex],
    decide: Callable[[Matching], Answer],
    *,
    undecided: Callable[[str], object] = str,
) -> Answer:
    """Return the gravest decision on what a pattern covers; ``decide`` answers for one class of requests.

    ``undecided`` is told why the decision is unknown where patterns could not be compared within bounds.
    """
    question = _Question(asked, context, decide)
    try:
        with allowance(MAX_COST):
            if is_pattern(action):
                _each_class(text_glob(action), indexes, question)
            else:
                question.decide({index: index.about(action).statements for index in indexes})
    except PatternTooComplex:
        question.give_up()
    for decision in _GRAVEST_FIRST:
        if decision in question.answers:
            if decision is Decision.UNKNOWN and question.too_complex:
                undecided(TOO_COMPLEX)
            return decision, question.answers[decision]
    return Decision.IMPLICIT_DENY, Layer.IDENTITY


class _Question:
    """The resources that are asked for, and the answers so far."""

    def __init__(self, asked: Glob, context: Context, decide: Callable[[Matching], Answer]) -> None:
        self._asked, self._context, self._decide = asked, context, decide
        self._seen: set[frozenset[CompiledStatement]] = set()
        self._relevant: dict[CompiledStatement, Relevant | None] = {}
        self.answers: dict[Decision, Layer | None] = {}
        self.too_complex = False
        self.gravest = Decision.EXPLICIT_DENY

    def relevant(self, statement: CompiledStatement) -> Relevant | None:
        """Return what a statement is for the resources that are asked for; None when it is never about them."""
        if statement not in self._relevant:
            self._relevant[statement] = _relevant(statement, self._asked, self._context)
        return self._relevant[statement]

    def give_up(self) -> None:
        """Remember that some class could not be told."""
        self.too_complex = True
        self.answers.setdefault(Decision.UNKNOWN, None)

    def decide(self, speaking: Speaking) -> bool:
        """Decide every class of resources under these statements; say whether nothing graver can be found."""
        spoken = frozenset(statement for found in speaking.values() for statement in found)
        if spoken not in self._seen:
            self._seen.add(spoken)
            try:
                self._decide_resources(speaking)
            except PatternTooComplex:
                self.give_up()
        return self.gravest in self.answers

    def _decide_resources(self, speaking: Speaking) -> None:
        found = {
            index: _together(filter(None, map(self.relevant, statements)), self._asked)
            for index, statements in speaking.items()
        }
        every = [each for items in found.values() for each in items]
        unions = tuple(dict.fromkeys(union for each in every for union in each.unions))
        deny = any(each.statement.denies for each in every)
        gravest = Decision.EXPLICIT_DENY if deny else Decision.IMPLICIT_DENY

        def judged(accepted: tuple[bool, ...]) -> bool:
            matched = dict(zip(unions, accepted, strict=True))

            def matching(index: StatementIndex) -> Iterator[Matched]:
                for each in found[index]:
                    if truth := each.truth_for(matched):
                        yield each.statement, truth

            decision, layer = self._decide(matching)
            self.answers.setdefault(decision, layer)
            return decision is gravest

        if not self._denied_by_one(found):
            some_class(self._asked, unions, judged)

    def _denied_by_one(self, found: Mapping[StatementIndex, Sequence[Relevant]]) -> bool:
        """Say whether one Deny alone denies something that is asked for: every pattern here meets what is asked."""
        for index, every in found.items():
            for each in every:
                if each.statement.denies and each.certain and not each.statement.negated:
                    only = {index: [(each.statement, each.truth)]}
                    decision, layer = self._decide(lambda asked, only=only: only.get(asked, ()))  # type: ignore[misc]
                    if decision is Decision.EXPLICIT_DENY:
                        self.answers.setdefault(decision, layer)
                        return True
        return False


def _each_class(asked: Glob, indexes: Sequence[StatementIndex], question: _Question) -> None:
    """Decide under the statements about each class of actions of a pattern, until nothing graver can be found."""
    unions = {
        statement: tuple(dict.fromkeys((*statement.actions, *statement.not_actions)))
        for index in indexes
        for statement in index.statements
        if question.relevant(statement)
    }
    if not any(statement.denies for statement in unions):
        question.gravest = Decision.IMPLICIT_DENY
    distinct = tuple(dict.fromkeys(unions.values()))

    def judged(accepted: tuple[bool, ...]) -> bool:
        matched = dict(zip(distinct, accepted, strict=True))
        return question.decide(
            {
                index: [
                    statement
                    for statement in index.statements
                    if statement in unions and matched[unions[statement]] != bool(statement.not_actions)
                ]
                for index in indexes
            }
        )

    some_class(asked, distinct, judged)


def _relevant(statement: CompiledStatement, asked: Glob, context: Context) -> Relevant | None:
    """Return what a statement is for a pattern of resources; None when it cannot match any of them."""
    truth = statement.holds(context)
    if not truth:
        return None
    patterns = statement.patterns(context)
    certain = _near(patterns.certain, asked)
    possible = _near(patterns.possible, asked)
    if not (statement.negated or certain or possible):
        return None
    if statement.negated and any(surely_covers(glob, asked) for glob in certain):
        return None
    return Relevant(statement, truth, certain, possible)


def _near(globs: Iterable[Glob], asked: Glob) -> Union:
    return tuple(dict.fromkeys(glob for glob in globs if overlaps(glob, asked)))


def _together(found: Iterable[Relevant], asked: Glob) -> list[Relevant]:
    """Take statements of one layer together that decide alike; drop what a wider one makes superfluous."""
    patterns: dict[tuple[Hashable, Truth], tuple[CompiledStatement, dict[Glob, None]]] = {}
    kept: list[Relevant] = []
    for each in found:
        if each.statement.negated:
            kept.append(each)
            continue
        for union, truth in ((each.certain, each.truth), (each.possible, min(each.truth, UNKNOWN))):
            if union:
                _, known = patterns.setdefault((each.kind, truth), (each.statement, {}))
                known.update(dict.fromkeys(union))
    kept += [Relevant(statement, truth, tuple(known)) for (_, truth), (statement, known) in patterns.items()]
    every = [(each, each.kind, _always(each, asked)) for each in kept]
    best: dict[Hashable, Relevant] = {}
    for each, kind, always in every:
        if always and (kind not in best or each.truth > best[kind].truth):
            best[kind] = each
    return [
        each
        for each, kind, _ in every
        if kind not in best or each is best[kind] or each.truth > best[kind].truth
    ]


def _always(each: Relevant, asked: Glob) -> bool:
    """Say whether it surely matches all that is asked for."""
    if each.statement.negated:
        return not each.unions
    return any(surely_covers(glob, asked) for glob in each.certain)
