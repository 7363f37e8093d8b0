"""The language of IAM: ARNs, documents, conditions, evaluation. Pure."""

from __future__ import annotations

from zappa_iam_ext.iam.arn import Arn, Principal, PrincipalKind
from zappa_iam_ext.iam.document import Effect, PolicyDocument, PolicyKind, Statement
from zappa_iam_ext.iam.evaluation import CompiledPolicySet, compile, evaluate  # noqa: A004  -- the public word
from zappa_iam_ext.iam.policyset import PolicySet
from zappa_iam_ext.iam.request import (
    AuthorizationRequest,
    Decision,
    EvaluationResult,
    Layer,
    Match,
    Mismatch,
    NearMiss,
)

__all__ = [
    "Arn",
    "AuthorizationRequest",
    "CompiledPolicySet",
    "Decision",
    "Effect",
    "EvaluationResult",
    "Layer",
    "Match",
    "Mismatch",
    "NearMiss",
    "PolicyDocument",
    "PolicyKind",
    "PolicySet",
    "Principal",
    "PrincipalKind",
    "Statement",
    "compile",
    "evaluate",
]
