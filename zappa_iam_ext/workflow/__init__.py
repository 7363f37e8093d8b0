"""Joins the rooms: check, policy, plan, ensure. The only caller of ``aws/`` beside the edges."""

from __future__ import annotations

from zappa_iam_ext.workflow.checking import (
    check_deploy_permissions,
    check_offline,
    check_stage,
    ensure_deploy_permissions,
    held_policies,
)
from zappa_iam_ext.workflow.decoding import decode_denial
from zappa_iam_ext.workflow.exporting import resources_of
from zappa_iam_ext.workflow.policies import PolicyOptions, policy_documents, with_caller_account
from zappa_iam_ext.workflow.provisioning import Provisioning, ProvisioningOptions, apply_stages, plan_stages

__all__ = [
    "PolicyOptions",
    "Provisioning",
    "ProvisioningOptions",
    "apply_stages",
    "check_deploy_permissions",
    "check_offline",
    "check_stage",
    "decode_denial",
    "ensure_deploy_permissions",
    "held_policies",
    "plan_stages",
    "policy_documents",
    "resources_of",
    "with_caller_account",
]
