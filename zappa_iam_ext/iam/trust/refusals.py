"""Why IAM refuses to store a trust policy: the rule for identity providers that many tenants share.

IAM User Guide, "Identity-provider controls for shared OIDC providers"; the details are those of real IAM as recorded
in ``tests/cases/observed/oidc-trust.json``. Acceptance is no proof of a narrow trust: see `openness`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zappa_iam_ext.iam.conditions.operators import Operator, parse_operator
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.patterns.glob import is_pattern, text_glob
from zappa_iam_ext.iam.statement import Effect, Statement
from zappa_iam_ext.iam.trust.issuers import Family, Issuer, issuer_of, shared_issuer

WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
#: The actions that a trust policy may name, in their own spelling (Service Authorization Reference, AWS STS).
TRUST_ACTIONS = frozenset(
    {
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        WEB_IDENTITY,
        "sts:SetContext",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    }
)
ACTIONS_ONLY = "AssumeRole policy may only specify STS AssumeRole actions."
_COGNITO = "cognito-identity.amazonaws.com"
_POSITIVE = frozenset({"text", "caseless", "like"})
_EXACT = frozenset({"text", "caseless"})


@dataclass(frozen=True, slots=True)
class TrustRefusal:
    """Why a statement is refused: ``message`` in IAM's words, the issuer, and the keys of which one must be tested."""

    index: int
    message: str
    issuer: str = ""
    claims: tuple[str, ...] = ()


def refusals(document: PolicyDocument) -> tuple[TrustRefusal, ...]:
    """Return why IAM would answer ``MalformedPolicyDocument`` to a trust policy; nothing when it would store it.

    Every statement is judged alone: a good one does not help a bad one.
    """
    return tuple(
        refusal for index, statement in enumerate(document.statements) for refusal in _judge(index, statement)
    )


def lets_web_identities_in(statement: Statement) -> bool:
    """Say whether a statement allows ``sts:AssumeRoleWithWebIdentity``."""
    if statement.effect is not Effect.ALLOW:
        return False
    if statement.not_actions:
        return not any(_names(action, WEB_IDENTITY) for action in statement.not_actions)
    return any(_names(action, WEB_IDENTITY) for action in statement.actions)


def federated(statement: Statement) -> tuple[str, ...]:
    """Return the identity providers that a statement names, without those of SAML."""
    named = (statement.principals or {}).get("Federated", ())
    return tuple(name for name in named if ":saml-provider/" not in name)


def _names(pattern: str, action: str) -> bool:
    return text_glob(pattern.lower()).matches(action.lower())


def _judge(index: int, statement: Statement) -> Iterator[TrustRefusal]:
    if any(map(_no_trust_action, (*statement.actions, *statement.not_actions))):
        yield TrustRefusal(index, ACTIONS_ONLY)
        return
    if not lets_web_identities_in(statement):
        return
    for name in federated(statement):
        issuer = issuer_of(name)
        row = shared_issuer(issuer)
        if row is not None and not _tested(statement, row, issuer):
            yield TrustRefusal(index, _message(row, name, issuer, statement), issuer, row.claims_of(issuer))


def _no_trust_action(action: str) -> bool:
    """Say whether IAM refuses an action: another one, another spelling, or all of STS.

    Of narrower patterns (``sts:AssumeRole*``) nothing was observed: they are judged by what they match.
    """
    if not is_pattern(action):
        return action not in TRUST_ACTIONS
    return action == "*" or not action.startswith("sts:AssumeRole")


def _tested(statement: Statement, row: Issuer, issuer: str) -> bool:
    """Say whether one operator block of the condition tests the issuer's claim as IAM wants it tested."""
    claims = row.claims_of(issuer)
    return any(
        _qualifies(parse_operator(name), row) and _scoped(tests, row, claims)
        for name, tests in statement.condition.items()
    )


def _qualifies(operator: Operator | None, row: Issuer) -> bool:
    if operator is None or operator.negated or operator.if_exists:
        return False
    return operator.family in (_EXACT if row.family is Family.BUILTIN else _POSITIVE)


def _scoped(tests: Mapping[str, Sequence[str]], row: Issuer, claims: Sequence[str]) -> bool:
    """Say whether a block holds the claim, with values that are not scoped to all.

    A built-in issuer's key counts in its own spelling and with any value. Elsewhere the case of the key does not
    matter, and every value of every such key in the block has to be good.
    """
    if row.family is Family.BUILTIN:
        return any(key in claims for key in tests)
    wanted = {claim.lower() for claim in claims}
    found = [values for key, values in tests.items() if key.lower() in wanted]
    good = _good_for_github if row.family is Family.GITHUB else _good
    return bool(found) and all(good(value) for values in found for value in values)


def _good(value: str) -> bool:
    return value != "*"


def _good_for_github(value: str) -> bool:
    return bool(value.strip()) and not value.startswith("*")


def _message(row: Issuer, name: str, issuer: str, statement: Statement) -> str:
    if row.family is Family.BUILTIN:
        return f"Policy trusting {issuer} requires a StringEquals condition on an application id"
    if issuer == _COGNITO and not statement.condition:
        return "A condition block must be present for the Cognito provider"
    subject = name if row.family is Family.GITHUB else issuer
    claims = " or ".join(row.claims_of(issuer))
    return (
        f"Trust policy with trusted principal {subject} must evaluate, using StringEquals, StringLike or "
        f"StringEqualsIgnoreCase, {claims} which is not scoped to all."
    )
