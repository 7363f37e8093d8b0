"""Trust policies of roles: what AWS refuses to store for shared identity providers, and what it stores though it is open. Pure."""

from __future__ import annotations

from zappa_iam_ext.iam.trust.issuers import Family, Issuer, issuer_of, issuers
from zappa_iam_ext.iam.trust.openness import Fault, Openness, openness
from zappa_iam_ext.iam.trust.recognition import is_trust_policy
from zappa_iam_ext.iam.trust.refusals import WEB_IDENTITY, TrustRefusal, refusals

__all__ = [
    "WEB_IDENTITY",
    "Family",
    "Fault",
    "Issuer",
    "Openness",
    "TrustRefusal",
    "is_trust_policy",
    "issuer_of",
    "issuers",
    "openness",
    "refusals",
]
