"""Statements, compiled: their patterns and conditions ready to be asked, with where they came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zappa_iam_ext.iam.conditions.evaluate import ConditionTest, Context, holds
from zappa_iam_ext.iam.conditions.operators import parse_operator
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.conditions.variables import (
    VARIABLES_SINCE,
    Template,
    arn_of,
    fill,
    has_variables,
    parse_template,
)
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, text_glob
from zappa_iam_ext.iam.patterns.tokens import arn_tokens
from zappa_iam_ext.iam.request import Layer, Match
from zappa_iam_ext.iam.statement import Effect, Statement


@dataclass(frozen=True, slots=True)
class ResourcePatterns:
    """The resource patterns of a statement for one request; ``possible`` ones hang on an unknown variable.

    One with a variable that has no value is neither: it matches no resource, and a NotResource spares none by it.
    """

    certain: tuple[Glob, ...]
    possible: tuple[Glob, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStatement:
    """One statement, ready to be asked. ``negated`` says that ``resources`` are those of a NotResource.

    ``condition`` is equal for conditions that mean the same; ``fixed`` says that there is none, and no variable.
    """

    match: Match
    denies: bool
    actions: tuple[Glob, ...]
    not_actions: tuple[Glob, ...]
    resources: tuple[Glob, ...]
    templates: tuple[Template, ...]
    negated: bool
    tests: tuple[ConditionTest, ...]
    condition: frozenset[object]
    fixed: bool

    def matches_action(self, action: str) -> bool:
        """Say whether the statement is about an action, given in lower case."""
        if self.not_actions:
            return not any(glob.matches(action) for glob in self.not_actions)
        return any(glob.matches(action) for glob in self.actions)

    def patterns(self, context: Context) -> ResourcePatterns:
        """Return the resource patterns for one request."""
        if not self.templates:
            return ResourcePatterns(self.resources)
        certain, possible = list(self.resources), list[Glob]()
        missing: list[str] = []
        for template in self.templates:
            filled = fill(template, context.values, context.unknown)
            missing += filled.missing
            if filled.tokens is not None:
                (possible if filled.unknown else certain).append(Glob.of(arn_of(filled)))
        return ResourcePatterns(tuple(certain), tuple(possible), tuple(missing))

    def touches(self, resource: str, context: Context) -> Truth:
        """Return whether the statement is about a concrete resource."""
        patterns = self.patterns(context)
        if any(glob.matches(resource) for glob in patterns.certain):
            matched = TRUE
        else:
            matched = UNKNOWN if any(glob.matches(resource) for glob in patterns.possible) else FALSE
        return matched.negated if self.negated else matched

    def truth(self, resource: str, context: Context) -> Truth:
        """Return whether the statement matches a resource, its action granted, and its condition holds."""
        touched = self.touches(resource, context) if self.negated or self.templates else TRUE
        return min(touched, holds(self.tests, context)) if touched and self.tests else touched

    def holds(self, context: Context) -> Truth:
        """Return whether the condition holds."""
        return holds(self.tests, context) if self.tests else TRUE

    @property
    def names_principals(self) -> bool:
        """Whether it is a statement of a resource policy."""
        written = self.match.statement
        return written.principals is not None or written.not_principals is not None

    @property
    def for_everything(self) -> bool:
        """Whether it is about every resource there is."""
        return not self.negated and any(glob.open_end and not glob.prefix for glob in self.resources)


_UNCONDITIONAL: frozenset[object] = frozenset()


def compile_statement(statement: Statement, version: str, match: Match) -> CompiledStatement:
    """Return a statement, compiled; without variables when the document is older than they are."""
    variables = version == VARIABLES_SINCE
    written = statement.not_resources or statement.resources or ("*",)
    templates = tuple(
        template
        for resource in written
        if variables and "${" in resource and has_variables(template := parse_template(resource))
    )
    tests = _tests(statement, variables=variables)
    return CompiledStatement(
        match=match,
        denies=statement.effect is Effect.DENY,
        actions=tuple(text_glob(action.lower()) for action in statement.actions),
        not_actions=tuple(text_glob(action.lower()) for action in statement.not_actions),
        resources=tuple(glob for text in written if (glob := _glob(text, variables=variables))),
        templates=templates,
        negated=bool(statement.not_resources),
        tests=tests,
        condition=frozenset(test.meaning for test in tests) if tests else _UNCONDITIONAL,
        fixed=not templates and not tests,
    )


def _glob(text: str, *, variables: bool) -> Glob | None:
    """Return the pattern of a resource; None when it must be filled for each request."""
    if not variables or "${" not in text:
        return arn_glob(text)
    template = parse_template(text)
    if has_variables(template):
        return None
    return Glob.of(arn_tokens(token for part in template if isinstance(part, tuple) for token in part))


def _tests(statement: Statement, *, variables: bool) -> tuple[ConditionTest, ...]:
    return tuple(
        ConditionTest(operator, key, values, variables=variables, denies=statement.effect is Effect.DENY)
        for name, tests in statement.condition.items()
        if (operator := parse_operator(name)) is not None
        for key, values in tests.items()
    )


def compile_documents(documents: Sequence[PolicyDocument], layer: Layer) -> Iterator[CompiledStatement]:
    """Yield the statements of documents, compiled, each with where it came from."""
    for number, document in enumerate(documents):
        for index, statement in enumerate(document.statements):
            yield compile_statement(statement, document.version, Match(statement, layer, number, index))
