"""The language of IAM: ARNs, documents, conditions, evaluation. Pure."""

from __future__ import annotations

from zappa_iam_ext.iam.arn import Arn, Principal, PrincipalKind, user_arn
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.evaluation.evaluator import CompiledPolicySet, compile_policies, evaluate
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
from zappa_iam_ext.iam.statement import Effect, PolicyKind, Statement

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
    "compile_policies",
    "evaluate",
    "user_arn",
]
