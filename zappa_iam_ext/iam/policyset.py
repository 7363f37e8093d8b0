"""All the policies that bind one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.iam.document import PolicyDocument, PolicyKind


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies of one principal and one resource, by layer.

    Every field takes documents, JSON text or JSON already read, one or a list of them. ``boundary`` None or
    empty means that there is none, likewise of ``session``. ``scp`` holds the levels of the organization, each a list of
    documents: every level must allow. A flat list is one level. Raises `InvalidPolicyDocument`.
    """

    identity: Any = ()
    group: Any = ()
    boundary: Any = None
    session: Any = None
    scp: Any = ()
    resource: Any = ()

    def __post_init__(self) -> None:
        for name, kind in (
            ("identity", PolicyKind.IDENTITY),
            ("group", PolicyKind.IDENTITY),
            ("boundary", PolicyKind.BOUNDARY),
            ("resource", PolicyKind.RESOURCE),
        ):
            object.__setattr__(self, name, _documents(getattr(self, name), kind))
        object.__setattr__(self, "session", _session(self.session))
        object.__setattr__(self, "scp", _levels(self.scp))


def _documents(given: Any, kind: PolicyKind) -> tuple[PolicyDocument, ...]:
    if given is None:
        return ()
    if isinstance(given, PolicyDocument | str | bytes | Mapping):
        given = (given,)
    return tuple(PolicyDocument.parse(item, kind) for item in given)


def _session(given: Any) -> tuple[PolicyDocument, ...] | None:
    if given is None or given == ():
        return None
    return _documents(given, PolicyKind.SESSION) or None


def _levels(given: Any) -> tuple[tuple[PolicyDocument, ...], ...]:
    if given is None:
        return ()
    if isinstance(given, PolicyDocument | str | bytes | Mapping):
        given = (given,)
    items: Iterable[Any] = tuple(given)
    if any(isinstance(item, PolicyDocument | str | bytes | Mapping) for item in items):
        return (_documents(tuple(items), PolicyKind.SCP),)
    return tuple(_documents(level, PolicyKind.SCP) for level in items)
