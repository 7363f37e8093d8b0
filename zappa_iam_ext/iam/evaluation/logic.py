"""The policy evaluation logic of one account, on what each layer says (IAM User Guide, "Policy evaluation logic").

An explicit deny wins; then every level of the organization must allow; then identity policies, limited by boundary and
session policy, or a resource policy that names the principal, must allow. All of it is three-valued.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.evaluation.compiled import CompiledStatement
from zappa_iam_ext.iam.evaluation.principals import PrincipalMatch, principal_match
from zappa_iam_ext.iam.request import Decision, Layer

Matched = tuple[CompiledStatement, Truth]


class LayerVerdict(NamedTuple):
    """How certainly a layer allows, and how certainly it denies."""

    allows: Truth
    denies: Truth


NOT_LIMITING = LayerVerdict(TRUE, FALSE)


@dataclass(frozen=True, slots=True)
class ResourcePolicyVerdict:
    """What the resource policy says: how far it allows the role, allows by itself, and denies."""

    by_role: Truth = FALSE
    directly: Truth = FALSE
    denies: Truth = FALSE


NO_RESOURCE_POLICY = ResourcePolicyVerdict()


class LayerVerdicts(NamedTuple):
    """What every layer says of one concrete request; a layer that is not there says yes."""

    identity: LayerVerdict
    boundary: LayerVerdict = NOT_LIMITING
    session: LayerVerdict = NOT_LIMITING
    resource: ResourcePolicyVerdict = NO_RESOURCE_POLICY
    levels: Sequence[LayerVerdict] = ()


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
    by_role = directly = denies = FALSE
    for statement, truth in matched:
        how = principal_match(statement.match.statement, principal, has_boundary=has_boundary)
        if how is PrincipalMatch.NOT:
            continue
        if statement.denies:
            denies = max(denies, truth)
        elif how is PrincipalMatch.ROLE:
            by_role = max(by_role, truth)
        elif how is PrincipalMatch.DIRECTLY:
            directly = max(directly, truth)
    return ResourcePolicyVerdict(by_role, directly, denies)


def combine(principal: Principal, verdicts: LayerVerdicts) -> tuple[Decision, Layer | None]:
    """Return the decision on one concrete request, and the layer that blocked it or may block it."""
    identity, boundary = verdicts.identity, verdicts.boundary
    if principal.kind is PrincipalKind.ROOT:
        identity = boundary = NOT_LIMITING
    denied, denier = _denied(verdicts, identity.denies, boundary.denies)
    if denied == TRUE:
        return Decision.EXPLICIT_DENY, denier
    own = max(identity.allows, verdicts.resource.by_role)
    granted = max(min(own, boundary.allows, verdicts.session.allows), verdicts.resource.directly)
    allowed = min(granted, *(level.allows for level in verdicts.levels)) if verdicts.levels else granted
    if allowed == FALSE:
        return Decision.IMPLICIT_DENY, _blocking(granted, own, boundary.allows)
    if UNKNOWN in (allowed, denied):
        return Decision.UNKNOWN, denier
    return Decision.ALLOWED, None


def _denied(verdicts: LayerVerdicts, identity: Truth, boundary: Truth) -> tuple[Truth, Layer | None]:
    """Return how certainly a layer denies, and the first that does."""
    worst, layer = identity, Layer.IDENTITY
    if boundary > worst:
        worst, layer = boundary, Layer.BOUNDARY
    if verdicts.session.denies > worst:
        worst, layer = verdicts.session.denies, Layer.SESSION
    if verdicts.resource.denies > worst:
        worst, layer = verdicts.resource.denies, Layer.RESOURCE
    for level in verdicts.levels:
        if level.denies > worst:
            worst, layer = level.denies, Layer.ORGANIZATION
    return worst, layer if worst else None


def _blocking(granted: Truth, own: Truth, boundary: Truth) -> Layer:
    """Name the layer that does not allow what all before it would have."""
    if granted != FALSE:
        return Layer.ORGANIZATION
    if own == FALSE:
        return Layer.IDENTITY
    return Layer.BOUNDARY if boundary == FALSE else Layer.SESSION


def _identity_only() -> dict[LayerVerdict, tuple[Decision, Layer | None]]:
    somebody = Principal("", PrincipalKind.OTHER)
    return {
        verdict: combine(somebody, LayerVerdicts(verdict))
        for verdict in (LayerVerdict(allows, denies) for allows in Truth for denies in Truth)
    }


#: The decision where identity policies are alone, for anyone but the root user.
IDENTITY_ONLY = _identity_only()
