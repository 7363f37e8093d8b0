"""Statements as the rules look at them: each with its place, compiled, its patterns as globs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from zappa_iam_ext.iam.conditions.evaluate import Context, judge
from zappa_iam_ext.iam.conditions.truth import Truth
from zappa_iam_ext.iam.conditions.variables import VARIABLES_SINCE, Values, fill, parse_template
from zappa_iam_ext.iam.definitions import ActionDefinition, action_definition, action_names, is_known_service
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.evaluation.compiled import CompiledStatement, compile_statement
from zappa_iam_ext.iam.findings.keys import is_supported
from zappa_iam_ext.iam.findings.model import StatementRef
from zappa_iam_ext.iam.patterns.glob import Glob, is_pattern, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS, arn_tokens, part_tokens, text_tokens
from zappa_iam_ext.iam.request import Layer, Match
from zappa_iam_ext.iam.statement import Effect, Statement

EVERYTHING = frozenset({"*", "*:*"})


@dataclass(frozen=True, slots=True, eq=False)
class LocatedStatement:
    """One statement of one of the documents."""

    statement: Statement
    version: str
    ref: StatementRef
    compiled: CompiledStatement

    @property
    def denies(self) -> bool:
        """Whether the statement is a Deny."""
        return self.statement.effect is Effect.DENY

    @property
    def verb(self) -> str:
        """What the statement does, as a word of a sentence."""
        return "denies" if self.denies else "grants"

    def glob(self, resource: str) -> Glob:
        """Return a resource of the statement as a pattern, a star in the place of each variable."""
        return wide_glob(resource, variables=self.version == VARIABLES_SINCE)

    def holds(self, action: str, context: Values | None = None) -> Truth:
        """Say whether the condition holds for an action; what ``context`` does not give may be anything.

        A key that the action does not support is never in its requests.
        """
        if not self.compiled.tests:
            return Truth.TRUE
        values: dict[str, str | tuple[str, ...] | None] = dict(context or {})
        for test in self.compiled.tests:
            if not is_supported(test.name, action):
                values[test.key] = None
        return judge(self.compiled.tests, Context(values, None)).truth

    @property
    def condition_keys(self) -> tuple[str, ...]:
        """The keys that the condition looks at."""
        return tuple(dict.fromkeys(key for tests in self.statement.condition.values() for key in tests))


def located_statements(
    documents: Sequence[PolicyDocument], layer: Layer = Layer.IDENTITY
) -> tuple[LocatedStatement, ...]:
    """Return the statements of documents, in order."""
    return tuple(
        LocatedStatement(
            statement,
            document.version,
            StatementRef(number, index, statement.sid),
            compile_statement(statement, document.version, Match(statement, layer, number, index)),
        )
        for number, document in enumerate(documents)
        for index, statement in enumerate(document.statements)
    )


@lru_cache(maxsize=16384)
def wide_glob(resource: str, *, variables: bool) -> Glob:
    """Return a resource as a pattern that stands for all that its variables could make of it."""
    tokens = fill(parse_template(resource, variables=variables), {}, None).tokens or ()
    return Glob.of(arn_tokens(tokens))


@lru_cache(maxsize=4096)
def expand(pattern: str) -> tuple[str, ...]:
    """Return the known actions that a pattern of one service stands for; none for ``*`` and unknown services."""
    service, _, name = pattern.partition(":")
    if not is_known_service(service):
        return ()
    if not is_pattern(name):
        known = action_definition(pattern)
        return (known.name,) if known else ()
    glob = text_glob(name.lower())
    prefix = service.lower()
    return tuple(f"{prefix}:{each}" for each in action_names(prefix) if glob.matches(each.lower()))


def definitions(pattern: str) -> Iterator[ActionDefinition]:
    """Yield what is known of the actions that a pattern stands for."""
    for action in expand(pattern):
        known = action_definition(action)
        if known is not None:
            yield known


@lru_cache(maxsize=65536)
def can_name(glob: Glob, arn: str) -> bool:
    """Say whether a pattern of a policy names any resource of a type, given the type's ARN.

    The name of a bucket holds no slash (Amazon S3 User Guide, general purpose bucket naming rules).
    """
    *heads, name = arn.split(":", ARN_PARTS - 1)
    given = glob.prefix.split(":", ARN_PARTS - 1)[:-1]
    if not all(text_glob(head).matches(part) for head, part in zip(heads, given, strict=False)):
        return False
    if arn == _BUCKET and "/" in glob.tokens:
        return False
    if len(given) < ARN_PARTS - 1:
        return overlaps(type_glob(arn), glob)
    return overlaps(text_glob(name), _name_of(glob))


_BUCKET = "arn:*:s3:::*"


@lru_cache(maxsize=16384)
def type_glob(arn: str) -> Glob:
    """Return the ARN of a type as a pattern; what varies in its first parts holds no colon."""
    return Glob.of(part_tokens(text_tokens(arn)))


@lru_cache(maxsize=16384)
def _name_of(glob: Glob) -> Glob:
    """Return what follows the first five parts of an ARN."""
    colons = [place for place, token in enumerate(glob.tokens) if token == ":"]  # noqa: S105  -- a token of a pattern
    return Glob.of(glob.tokens[colons[ARN_PARTS - 2] + 1 :])
