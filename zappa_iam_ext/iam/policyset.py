"""All the policies that bind one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.statement import PolicyKind


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies of one principal and one resource, by layer.

    Every field takes documents, JSON text or JSON already read, one or a list of them. ``boundary`` None or
    empty means that there is none, likewise of ``session``. ``scp`` holds the levels of the organization, each a list of
    documents: every level must allow. A flat list is one level. What is evaluated need not be stored:
    addresses and ARNs of conditions that are none are read as AWS reads them in session policies. Raises `InvalidPolicyDocument`.
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
            ("session", PolicyKind.SESSION),
        ):
            object.__setattr__(self, name, _documents(getattr(self, name), kind))
        object.__setattr__(self, "scp", _levels(self.scp))


def _documents(given: Any, kind: PolicyKind) -> tuple[PolicyDocument, ...]:
    return tuple(PolicyDocument.parse(item, kind, stored=False) for item in _listed(given))


def _levels(given: Any) -> tuple[tuple[PolicyDocument, ...], ...]:
    items = _listed(given)
    if any(isinstance(item, _ONE) for item in items):
        return (_documents(items, PolicyKind.SCP),)
    return tuple(_documents(level, PolicyKind.SCP) for level in items)


_ONE = (PolicyDocument, str, bytes, Mapping)


def _listed(given: Any) -> tuple[Any, ...]:
    """Return what was given as a tuple: nothing, one document or several."""
    if given is None:
        return ()
    if isinstance(given, _ONE):
        return (given,)
    if isinstance(given, Iterable):
        return tuple(given)
    raise InvalidPolicyDocument(
        f"a policy document is a JSON object or its text, not {type(given).__name__}", rule="document"
    )
