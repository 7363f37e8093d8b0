"""What is asked, and what is answered, in IAM's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from zappa_iam_ext.iam.arn import Principal
from zappa_iam_ext.iam.document import Statement


class Decision(StrEnum):
    """The answer to one authorization request, in the IAM API's own words; ``unknown`` is ours.

    ``unknown``: the answer hangs on a condition key whose value nobody knows.
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
    ``context`` maps condition keys to a string or a list of strings. A key that is neither given nor follows
    from the principal is absent, unless ``unknown_keys`` names it or ``unknown_context`` says that anything may
    be there.
    """

    principal: str | Principal
    action: str
    resource: str = "*"
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    unknown_keys: frozenset[str] = frozenset()
    unknown_context: bool = False


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
    """

    action: str
    resource: str
    decision: Decision
    matched: tuple[Match, ...] = ()
    layer: Layer | None = None
    near_misses: tuple[NearMiss, ...] = ()
    missing_context: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Say whether the request is allowed, for certain."""
        return self.decision is Decision.ALLOWED
