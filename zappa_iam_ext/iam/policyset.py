"""All the policies that bind one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.statement import PolicyKind

#: One policy document: read already, its JSON text, or its JSON as data.
PolicySource: TypeAlias = PolicyDocument | str | bytes | Mapping[str, Any]
#: None, one document, or several.
PolicySources: TypeAlias = PolicySource | Iterable[PolicySource] | None
#: The levels of an organization, from the root to the account. A flat list of documents is one level.
PolicyLevels: TypeAlias = PolicySources | Iterable[Iterable[PolicySource]]

Documents: TypeAlias = tuple[PolicyDocument, ...]


@dataclass(frozen=True, slots=True, init=False)
class PolicySet:
    """The policies of one principal and one resource, by layer.

    ``identity`` and ``group`` grant. ``boundary`` and ``session`` limit; empty means that there is none. ``scp`` holds
    the levels of the principal's organization: each must allow. ``rcp`` holds those of the resource's organization:
    each may deny. ``resource`` is the policy of the resource; empty means that it is not given. What is evaluated need
    not be stored: addresses and ARNs of conditions that are none are read as AWS reads them in session policies.
    """

    identity: Documents
    group: Documents
    boundary: Documents
    session: Documents
    scp: tuple[Documents, ...]
    resource: Documents
    rcp: tuple[Documents, ...]

    def __init__(  # noqa: PLR0917  -- one argument a layer, in the order of the fields
        self,
        identity: PolicySources = (),
        group: PolicySources = (),
        boundary: PolicySources = None,
        session: PolicySources = None,
        scp: PolicyLevels = (),
        resource: PolicySources = (),
        rcp: PolicyLevels = (),
    ) -> None:
        """Read the documents of each layer. Raises `InvalidPolicyDocument`."""
        fields: Mapping[str, Documents | tuple[Documents, ...]] = {
            "identity": _documents(identity, PolicyKind.IDENTITY),
            "group": _documents(group, PolicyKind.IDENTITY),
            "boundary": _documents(boundary, PolicyKind.BOUNDARY),
            "session": _documents(session, PolicyKind.SESSION),
            "scp": _levels(scp, PolicyKind.SCP),
            "resource": _documents(resource, PolicyKind.RESOURCE),
            "rcp": _levels(rcp, PolicyKind.RCP),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)


def _documents(given: Any, kind: PolicyKind) -> Documents:
    return tuple(PolicyDocument.parse(item, kind, stored=False) for item in _listed(given))


def _levels(given: Any, kind: PolicyKind) -> tuple[Documents, ...]:
    items = _listed(given)
    if any(isinstance(item, _ONE) for item in items):
        return (_documents(items, kind),)
    return tuple(_documents(level, kind) for level in items)


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
