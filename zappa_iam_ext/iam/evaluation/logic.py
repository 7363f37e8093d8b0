"""The policy evaluation logic, on what each layer says (IAM User Guide, "Policy evaluation logic").

An explicit deny wins; then every level of the organization must allow; then, within one account, identity policies,
limited by boundary and session policy, or a resource policy that names the principal, must allow. Between two accounts
both sides must ("Cross-account policy evaluation logic"). All of it is three-valued.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.evaluation.compiled import CompiledStatement
from zappa_iam_ext.iam.evaluation.principals import NamedAs, principal_match
from zappa_iam_ext.iam.evaluation.reach import WITHIN_ACCOUNT, Reach
from zappa_iam_ext.iam.request import Decision, Layer

Matched = tuple[CompiledStatement, Truth]


class LayerVerdict(NamedTuple):
    """How certainly a layer allows, and how certainly it denies."""

    allows: Truth
    denies: Truth


NOT_LIMITING = LayerVerdict(TRUE, FALSE)
SILENT = LayerVerdict(FALSE, FALSE)


@dataclass(frozen=True, slots=True)
class ResourcePolicyVerdict:
    """What the resource policy says: how far it delegates to the account, allows the role, allows by itself, denies."""

    delegates: Truth = FALSE
    by_role: Truth = FALSE
    directly: Truth = FALSE
    denies: Truth = FALSE

    @property
    def allows(self) -> Truth:
        """How certainly it allows the principal in any way."""
        return max(self.delegates, self.by_role, self.directly)


NO_RESOURCE_POLICY = ResourcePolicyVerdict()


class LayerVerdicts(NamedTuple):
    """What every layer says of one concrete request; a layer that is not there says yes.

    ``levels`` are those of service control policies, ``resource_levels`` those of resource control policies.
    """

    identity: LayerVerdict
    boundary: LayerVerdict = NOT_LIMITING
    session: LayerVerdict = NOT_LIMITING
    resource: ResourcePolicyVerdict = NO_RESOURCE_POLICY
    levels: Sequence[LayerVerdict] = ()
    resource_levels: Sequence[LayerVerdict] = ()


def layer_verdict(matched: Iterable[Matched]) -> LayerVerdict:
    """Return what statements that match say together."""
    allows = denies = FALSE
    for statement, truth in matched:
        if statement.denies:
            denies = max(denies, truth)
        else:
            allows = max(allows, truth)
    return LayerVerdict(allows, denies)


def resource_policy_verdict(
    matched: Iterable[Matched], principal: Principal, *, has_boundary: bool
) -> ResourcePolicyVerdict:
    """Return what statements of a resource policy say to a principal."""
    allows = dict.fromkeys(NamedAs, FALSE)
    denies = FALSE
    for statement, truth in matched:
        match = principal_match(statement.match.statement, principal, has_boundary=has_boundary)
        certain = min(truth, match.truth)
        if statement.denies:
            denies = max(denies, certain)
        else:
            allows[match.how] = max(allows[match.how], certain)
    return ResourcePolicyVerdict(
        allows[NamedAs.ACCOUNT], allows[NamedAs.ROLE], allows[NamedAs.DIRECTLY], denies
    )


def combine(
    principal: Principal, verdicts: LayerVerdicts, reach: Reach = WITHIN_ACCOUNT
) -> tuple[Decision, Layer | None]:
    """Return the decision on one concrete request, and the layer that blocked it or may block it."""
    found = _applying(principal, verdicts, reach)
    denied, denier = _denied(found)
    if denied == TRUE:
        return Decision.EXPLICIT_DENY, denier
    granted, blocking = _granted(principal, found, reach)
    allowed = min(granted, *(level.allows for level in found.levels)) if found.levels else granted
    if allowed == FALSE:
        return Decision.IMPLICIT_DENY, Layer.ORGANIZATION if granted != FALSE else blocking
    if UNKNOWN in (allowed, denied):
        return Decision.UNKNOWN, denier or (blocking if granted is UNKNOWN else None)
    return Decision.ALLOWED, None


def _applying(principal: Principal, verdicts: LayerVerdicts, reach: Reach) -> LayerVerdicts:
    """Return the verdicts of the layers that apply to a principal.

    Neither identity policies nor boundary bind the root user; none of the account binds who belongs to none. An RCP
    only denies: ``RCPFullAWSAccess``, which cannot be detached, allows the rest ("RCP syntax").
    """
    changed = verdicts
    if principal.kind is PrincipalKind.ROOT:
        changed = changed._replace(identity=NOT_LIMITING, boundary=NOT_LIMITING)
    elif not principal.has_identity_policies:
        changed = changed._replace(identity=SILENT, boundary=NOT_LIMITING, session=NOT_LIMITING)
    if verdicts.levels and not reach.scp:
        changed = changed._replace(levels=())
    if verdicts.resource_levels and not reach.rcp:
        changed = changed._replace(resource_levels=())
    return changed


def _granted(principal: Principal, found: LayerVerdicts, reach: Reach) -> tuple[Truth, Layer | None]:
    """Return how certainly the request is granted below the organization, and the layer that does not grant it."""
    resource, limits = found.resource, min(found.boundary.allows, found.session.allows)
    if not principal.has_identity_policies:
        return resource.allows if reach.given else UNKNOWN, Layer.RESOURCE
    if reach.cross_account:
        side = min(found.identity.allows, limits)
        if side == FALSE:
            return FALSE, _blocking(found, found.identity.allows)
        other = resource.allows if reach.given else UNKNOWN
        return min(side, other), None if other is TRUE else Layer.RESOURCE
    own = found.identity.allows
    if reach.must_itself:
        own = min(own, resource.delegates)
    own = max(own, resource.by_role)
    directly = resource.directly
    if reach.bounded and found.boundary.allows == FALSE:
        directly = min(directly, UNKNOWN)
    granted = max(min(own, limits), directly)
    if granted:
        return granted, None
    refused = reach.must_itself and own == FALSE and found.identity.allows != FALSE
    return granted, Layer.RESOURCE if refused else _blocking(found, own)


def _denied(found: LayerVerdicts) -> tuple[Truth, Layer | None]:
    """Return how certainly a layer denies, and the first that does."""
    worst, layer = found.identity.denies, Layer.IDENTITY
    for denies, where in (
        (found.boundary.denies, Layer.BOUNDARY),
        (found.session.denies, Layer.SESSION),
        (found.resource.denies, Layer.RESOURCE),
        *((level.denies, Layer.ORGANIZATION) for level in (*found.levels, *found.resource_levels)),
    ):
        if denies > worst:
            worst, layer = denies, where
    return worst, layer if worst else None


def _blocking(found: LayerVerdicts, own: Truth) -> Layer:
    """Name the layer of the principal that does not allow what those before it would have."""
    if own == FALSE:
        return Layer.IDENTITY
    return Layer.BOUNDARY if found.boundary.allows == FALSE else Layer.SESSION


def _identity_only() -> dict[LayerVerdict, tuple[Decision, Layer | None]]:
    somebody = Principal("", PrincipalKind.OTHER)
    return {
        verdict: combine(somebody, LayerVerdicts(verdict))
        for verdict in (LayerVerdict(allows, denies) for allows in Truth for denies in Truth)
    }


#: The decision where identity policies are alone, for anyone but the root user, within one account.
IDENTITY_ONLY = _identity_only()
