"""What is asked, and what is answered, in IAM's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from zappa_iam_ext.errors import InvalidRequest
from zappa_iam_ext.iam.arn import Principal
from zappa_iam_ext.iam.statement import Statement

#: Integers beyond this are no condition values: Python refuses to write them.
_LARGEST = 10**300


class Decision(StrEnum):
    """The answer to one authorization request, in the IAM API's own words; ``unknown`` is ours.

    ``unknown``: the answer hangs on a condition key whose value nobody knows, or on patterns too entangled to compare.
    """

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"
    UNKNOWN = "unknown"


class Layer(StrEnum):
    """The kinds of policy that a request must pass."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    ORGANIZATION = "organization"
    RESOURCE = "resource"


class Mismatch(StrEnum):
    """Why a statement did not match a request."""

    ACTION = "action"
    RESOURCE = "resource"
    PRINCIPAL = "principal"
    CONDITION = "condition"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The question whether this principal may do this action on this resource.

    ``action`` and ``resource`` may be patterns: the answer then holds for everything they cover.
    ``context`` maps condition keys to a string, or to a list of strings when AWS sends the key as a list, of however few
    values; numbers and booleans are written as JSON does, a key that maps to None is absent for certain. A key that is neither given nor follows from the principal is absent, unless
    ``unknown_keys`` names it or ``unknown_context`` says that anything may be there. ``bounded`` says that
    the wildcards of the resource stand for names without a colon, as those of functions, rules and APIs are: a Deny on
    ``arn:aws:lambda:*:*:function:other`` is then about no version of another function. ``resource_account`` is the
    account that owns the resource, twelve digits; where it is not given it is the one that the ARN names, and where the
    ARN names none (a bucket, ``*``) it stays empty and the principal's own is assumed. Raises `InvalidRequest`.
    """

    principal: str | Principal
    action: str
    resource: str = "*"
    context: Mapping[str, str | Sequence[str] | None] = field(default_factory=dict)
    unknown_keys: frozenset[str] = frozenset()
    unknown_context: bool = False
    bounded: bool = False
    resource_account: str = ""

    def __post_init__(self) -> None:
        principal: Any = self.principal
        if not isinstance(principal, str | Principal):
            raise _invalid("the principal is an ARN", principal)
        action: Any = self.action
        if not isinstance(action, str) or not _ACTION.fullmatch(action):
            raise _invalid("the action is service:Name, or a pattern of such", action)
        resource: Any = self.resource
        if resource is None:
            resource = "*"
        if not isinstance(resource, str):
            raise _invalid("the resource is an ARN, or a pattern of ARNs", resource)
        object.__setattr__(self, "resource", resource)
        object.__setattr__(self, "resource_account", _account(self.resource_account, resource))
        object.__setattr__(self, "context", _context(self.context))
        object.__setattr__(self, "unknown_keys", _names(self.unknown_keys))


_ACTION = re.compile(r"[^:]+:.+|[*?]*\*[*?]*", re.DOTALL)
_ACCOUNT = re.compile(r"[0-9]{12}")
_ACCOUNT_OF_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):")


def _account(given: Any, resource: str) -> str:
    """Return the account of a resource: the one given, else the one that its ARN names, else none."""
    if given is None or given == "":
        named = _ACCOUNT_OF_ARN.match(resource)
        return named[1] if named else ""
    if not isinstance(given, str) or not _ACCOUNT.fullmatch(given):
        raise _invalid("the account of the resource is twelve digits", given)
    return given


def _context(given: Any) -> dict[str, str | tuple[str, ...] | None]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _invalid("the context maps condition keys to values", given)
    found: dict[str, str | tuple[str, ...] | None] = {}
    for key, value in given.items():
        if not isinstance(key, str):
            raise _invalid("a condition key is a string", key)
        if value is None or isinstance(value, str):
            found[key] = value
        elif isinstance(value, list | tuple | set | frozenset):
            found[key] = tuple(_scalar(key, item) for item in value if item is not None)
        else:
            found[key] = _scalar(key, value)
    return found


def _scalar(key: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST):
        return str(value)
    raise _invalid(f"the value of {key[:100]!r} is a string or a list of strings", value)


def _names(given: Any) -> frozenset[str]:
    if given is None:
        return frozenset()
    if isinstance(given, str):
        return frozenset({given})
    names = list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(name, str) for name in names):
        raise _invalid("the unknown keys are names of condition keys", given)
    return frozenset(names)


def _invalid(rule: str, given: Any) -> InvalidRequest:
    return InvalidRequest(f"{rule}, not {type(given).__name__} {repr(given)[:100]}")


@dataclass(frozen=True, slots=True)
class Match:
    """A statement that took part in a decision, and where it came from."""

    statement: Statement
    layer: Layer
    document: int
    index: int


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A statement for this action that did not match, and why; ``detail`` names the condition that failed."""

    match: Match
    reason: Mismatch
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What was decided for one action on one resource, and which statements decided it.

    ``layer`` is the kind of policy that blocked: the one whose Deny matched, or the one that does not allow
    what the principal's own policies allow. ``missing_context`` names keys that were looked at and not given.
    ``undecided`` says why a decision is unknown though every key is known: patterns too entangled to be compared.
    ``resource_account`` is the account that the resource was taken to belong to: the request's, else the principal's.
    ``layer`` of an unknown decision is ``resource`` where the resource's policy would settle it and was not given.
    """

    action: str
    resource: str
    decision: Decision
    matched: tuple[Match, ...] = ()
    layer: Layer | None = None
    near_misses: tuple[NearMiss, ...] = ()
    missing_context: tuple[str, ...] = ()
    undecided: str = ""
    resource_account: str = ""

    @property
    def allowed(self) -> bool:
        """Say whether the request is allowed, for certain."""
        return self.decision is Decision.ALLOWED
