"""Statements compiled for many decisions: found by action and resource, without looking at the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from zappa_iam_ext.iam.conditions import Context, Outcome, Test, judge, parse_operator
from zappa_iam_ext.iam.document import Effect, PolicyDocument, Statement
from zappa_iam_ext.iam.patterns import Glob, arn_tokens, is_pattern, overlaps, text_glob
from zappa_iam_ext.iam.request import Layer, Match
from zappa_iam_ext.iam.variables import Template, fill, has_variables, parse_template

VARIABLES_SINCE = "2012-10-17"
MAX_REMEMBERED = 65_536
#: Literal beginnings of resource patterns are indexed by their length, rounded down to a multiple of this.
STRIDE = 4


@dataclass(frozen=True, slots=True)
class ResourcePatterns:
    """The resource patterns of a statement for one request; ``possible`` ones hang on an unknown variable.

    ``unresolved`` says that a variable has no value: a NotResource that names it is then about nothing.
    """

    certain: tuple[Glob, ...]
    possible: tuple[Glob, ...] = ()
    missing: tuple[str, ...] = ()
    unresolved: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStatement:
    """One statement, ready to be asked."""

    match: Match
    denies: bool
    actions: tuple[Glob, ...]
    not_actions: tuple[Glob, ...]
    resources: tuple[Glob, ...]
    not_resources: tuple[Glob, ...]
    templates: tuple[Template, ...]
    negated: bool
    tests: tuple[Test, ...]

    def speaks_of(self, action: str) -> bool:
        """Say whether the statement is about an action, given in lower case."""
        if self.not_actions:
            return not any(glob.matches(action) for glob in self.not_actions)
        return any(glob.matches(action) for glob in self.actions)

    def globs(self, context: Context) -> ResourcePatterns:
        """Return the resource patterns for one request."""
        fixed = self.not_resources if self.negated else self.resources
        if not self.templates:
            return ResourcePatterns(fixed)
        certain, possible = list(fixed), list[Glob]()
        missing: list[str] = []
        unresolved = False
        for template in self.templates:
            filled = fill(template, context.values, context.unknown)
            missing += filled.missing
            if filled.tokens is None:
                unresolved = True
            else:
                (possible if filled.unknown else certain).append(Glob(arn_tokens(filled.tokens)))
        return ResourcePatterns(tuple(certain), tuple(possible), tuple(missing), unresolved)

    def condition(self, context: Context) -> Outcome:
        """Return whether the condition holds."""
        return judge(self.tests, context)


def compile_statement(statement: Statement, version: str, match: Match) -> CompiledStatement:
    """Return a statement, compiled; without variables when the document is older than they are."""
    variables = version == VARIABLES_SINCE
    resources = statement.not_resources or statement.resources or ("*",)
    templates = [parse_template(resource, variables=variables) for resource in resources]
    fixed = tuple(_glob(template) for template in templates if not has_variables(template))
    negated = bool(statement.not_resources)
    return CompiledStatement(
        match=match,
        denies=statement.effect is Effect.DENY,
        actions=tuple(text_glob(action.lower()) for action in statement.actions),
        not_actions=tuple(text_glob(action.lower()) for action in statement.not_actions),
        resources=() if negated else fixed,
        not_resources=fixed if negated else (),
        templates=tuple(template for template in templates if has_variables(template)),
        negated=negated,
        tests=_tests(statement, variables=variables),
    )


def _glob(template: Template) -> Glob:
    tokens = [token for part in template if isinstance(part, tuple) for token in part]
    return Glob(arn_tokens(tokens))


def _tests(statement: Statement, *, variables: bool) -> tuple[Test, ...]:
    found = []
    for name, tests in statement.condition.items():
        operator = parse_operator(name)
        if operator is not None:
            found += [Test(operator, key, values, variables) for key, values in tests.items()]
    return tuple(found)


def compile_documents(
    documents: Sequence[PolicyDocument], layer: Layer, start: int = 0
) -> Iterator[CompiledStatement]:
    """Yield the statements of documents, compiled, each with where it came from."""
    for number, document in enumerate(documents, start):
        for index, statement in enumerate(document.statements):
            yield compile_statement(statement, document.version, Match(statement, layer, number, index))


@dataclass(slots=True)
class StatementIndex:
    """Finds the statements that can match a request by its action and the beginning of its resource."""

    statements: tuple[CompiledStatement, ...]
    _by_action: dict[str, ResourceIndex] = field(default_factory=dict)

    def candidates(self, action: str, resource: str) -> Sequence[CompiledStatement]:
        """Return the statements for an action (lower case) whose patterns may match a literal resource."""
        return self._of(action).candidates(resource)

    def speaking(self, action: str) -> Sequence[CompiledStatement]:
        """Return the statements that are about an action; about part of it, when the action is a pattern."""
        if is_pattern(action):
            asked = text_glob(action)
            return tuple(
                item
                for item in self.statements
                if item.not_actions or any(overlaps(glob, asked) for glob in item.actions)
            )
        return self._of(action).statements

    def _of(self, action: str) -> ResourceIndex:
        found = self._by_action.get(action)
        if found is None:
            if len(self._by_action) >= MAX_REMEMBERED:
                self._by_action.clear()
            found = ResourceIndex(tuple(item for item in self.statements if item.speaks_of(action)))
            self._by_action[action] = found
        return found


class ResourceIndex:
    """Statements by the literal beginning of their resources; those with NotResource or variables are always asked."""

    __slots__ = ("_always", "_by_prefix", "_lengths", "_remembered", "statements")

    def __init__(self, statements: Iterable[CompiledStatement]) -> None:
        self.statements = tuple(statements)
        self._always: list[CompiledStatement] = []
        self._by_prefix: dict[str, list[CompiledStatement]] = {}
        self._remembered: dict[str, tuple[CompiledStatement, ...]] = {}
        for statement in self.statements:
            self._add(statement)
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix})

    def _add(self, statement: CompiledStatement) -> None:
        if statement.negated or statement.templates:
            self._always.append(statement)
            return
        for glob in statement.resources:
            prefix = glob.prefix[: len(glob.prefix) // STRIDE * STRIDE]
            if not prefix:
                self._always.append(statement)
                return
        for prefix in {glob.prefix[: len(glob.prefix) // STRIDE * STRIDE] for glob in statement.resources}:
            self._by_prefix.setdefault(prefix, []).append(statement)

    def candidates(self, resource: str) -> tuple[CompiledStatement, ...]:
        """Return the statements whose resources may match."""
        found = self._remembered.get(resource)
        if found is None:
            near = [item for length in self._lengths for item in self._by_prefix.get(resource[:length], ())]
            fitting = [
                item for item in dict.fromkeys(near) if any(glob.matches(resource) for glob in item.resources)
            ]
            found = (*self._always, *fitting)
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[resource] = found
        return found
