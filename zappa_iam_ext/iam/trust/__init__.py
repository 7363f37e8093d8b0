"""Trust policies of roles: what AWS refuses to store for shared identity providers, and what it stores though it is open. Pure."""

from __future__ import annotations

from zappa_iam_ext.iam.trust.conditions import Fault, Openness
from zappa_iam_ext.iam.trust.issuers import Family, Issuer, condition_keys, issuer_of, issuers
from zappa_iam_ext.iam.trust.openness import openness
from zappa_iam_ext.iam.trust.recognition import is_trust_policy
from zappa_iam_ext.iam.trust.refusals import WEB_IDENTITY, TrustRefusal, refusals

__all__ = [
    "WEB_IDENTITY",
    "Family",
    "Fault",
    "Issuer",
    "Openness",
    "TrustRefusal",
    "condition_keys",
    "is_trust_policy",
    "issuer_of",
    "issuers",
    "openness",
    "refusals",
]
