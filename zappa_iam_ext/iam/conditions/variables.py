"""Policy variables: ``${aws:username}``, with defaults, and the escapes ``${*}``, ``${?}``, ``${$}``.

IAM User Guide, "IAM policy elements: Variables and tags". Only documents of version 2012-10-17 have them; a
variable's value is text, never a pattern. One without a value is null ("Policy variables with no value"): no text
equals or matches it, so a negated test holds and a NotResource spares nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS, Token, Wild, arn_tokens, text_tokens, units

#: The version of the policy language that has variables; in older documents ``${`` is text.
VARIABLES_SINCE = "2012-10-17"
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ESCAPES = frozenset({"*", "?", "$"})
_DEFAULTED = re.compile(r"^\s*([^,']+?)\s*,\s*'([^']*)'\s*$", re.DOTALL)


#: Keys whose values hold no colon: regions, accounts, names of users.
_WITHOUT_COLON = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:sourceaccount",
        "aws:username",
    }
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: the context key, in lower case, and its default."""

    key: str
    default: str | None = None


Template = tuple[tuple[Token, ...] | Variable, ...]


Values = Mapping[str, str | tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Filled:
    """A template, filled for one request.

    ``tokens`` is None when a variable has no value: nothing matches then. ``unknown`` says that a variable may
    have a value that nobody knows; ``tokens`` then holds a star in its place, and stands for all it could be; ``colons``
    is the place of the first star that may stand for colons.
    """

    tokens: tuple[Token, ...] | None
    missing: tuple[str, ...] = ()
    unknown: bool = False
    colons: int | None = None


@lru_cache(maxsize=16384)
def parse_template(text: str, *, variables: bool = True) -> Template:
    """Return a pattern with its variables; without ``variables`` (version 2008-10-17) ``${`` is text."""
    if not variables or "${" not in text:
        return (tuple(text_tokens(text)),)
    parts: list[tuple[Token, ...] | Variable] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        parts.append(tuple(text_tokens(text[end : match.start()])))
        parts.append(_variable(match[1]))
        end = match.end()
    parts.append(tuple(text_tokens(text[end:])))
    return tuple(part for part in parts if part)


def _variable(inside: str) -> tuple[Token, ...] | Variable:
    if inside in _ESCAPES:
        return (inside,)
    defaulted = _DEFAULTED.match(inside)
    if defaulted:
        return Variable(defaulted[1].lower(), defaulted[2])
    return Variable(inside.strip().lower())


def has_variables(template: Template) -> bool:
    """Say whether a template must be filled for each request."""
    return any(isinstance(part, Variable) for part in template)


def fill(template: Template, context: Values, unknown: Iterable[str] | None) -> Filled:
    """Return a template filled for one request.

    A key that AWS sends as a list gives a variable no value, not even its default. ``unknown`` holds the keys that
    may have a value which nobody knows; None stands for all.
    """
    tokens: list[Token] = []
    missing: list[str] = []
    unsure, colons = False, None
    for part in template:
        if not isinstance(part, Variable):
            tokens += part
            continue
        value = context.get(part.key)
        if isinstance(value, str):
            tokens += units(value)
            continue
        missing.append(part.key)
        if value is None and part.key not in context and (unknown is None or part.key in unknown):
            unsure = True
            if colons is None and part.key not in _WITHOUT_COLON:
                colons = len(tokens)
            tokens.append(Wild.STAR)
        elif value is None and part.default is not None:
            tokens += units(part.default)
        else:
            return Filled(None, tuple(missing))
    return Filled(tuple(tokens), tuple(missing), unsure, colons)


def arn_of(filled: Filled) -> Sequence[Token]:
    """Return the tokens of a Resource whose variables are filled.

    An unknown value may hold colons and so move the parts behind it: before the last part, it stands for all the rest.
    """
    tokens = filled.tokens or ()
    if filled.colons is not None and tokens[: filled.colons].count(":") < ARN_PARTS - 1:
        return tokens[: filled.colons + 1]
    return arn_tokens(tokens)
