"""Joins the rooms: check, policy, plan, ensure. The only caller of ``aws/`` beside the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zappa_iam_ext.lazy import lazy_names

if TYPE_CHECKING:
    from zappa_iam_ext.workflow.deciding.checking import (
        check_offline,
        check_stage,
        check_stages,
        held_policies,
        stage_checker,
    )
    from zappa_iam_ext.workflow.decoding import decode_denial
    from zappa_iam_ext.workflow.ensuring import check_deploy_permissions, ensure_deploy_permissions
    from zappa_iam_ext.workflow.policies import PolicyOptions, policy_documents, with_caller_account
    from zappa_iam_ext.workflow.provisioning.administrator import administrator_document
    from zappa_iam_ext.workflow.provisioning.applying import (
        apply_stages,
        plan_file_text,
        plans_of_file,
        refuse_denied,
        rolled_back,
    )
    from zappa_iam_ext.workflow.provisioning.destroying import DestroyOptions, plan_destruction
    from zappa_iam_ext.workflow.provisioning.exporting import resources_of
    from zappa_iam_ext.workflow.provisioning.model import Provisioning, ProvisioningOptions
    from zappa_iam_ext.workflow.provisioning.planning import plan_stages

_HOME = {
    "DestroyOptions": "provisioning.destroying",
    "PolicyOptions": "policies",
    "Provisioning": "provisioning.model",
    "ProvisioningOptions": "provisioning.model",
    "administrator_document": "provisioning.administrator",
    "apply_stages": "provisioning.applying",
    "check_deploy_permissions": "ensuring",
    "check_offline": "deciding.checking",
    "check_stage": "deciding.checking",
    "check_stages": "deciding.checking",
    "decode_denial": "decoding",
    "ensure_deploy_permissions": "ensuring",
    "held_policies": "deciding.checking",
    "plan_destruction": "provisioning.destroying",
    "plan_file_text": "provisioning.applying",
    "plan_stages": "provisioning.planning",
    "plans_of_file": "provisioning.applying",
    "policy_documents": "policies",
    "refuse_denied": "provisioning.applying",
    "resources_of": "provisioning.exporting",
    "rolled_back": "provisioning.applying",
    "stage_checker": "deciding.checking",
    "with_caller_account": "policies",
}

__all__ = [
    "DestroyOptions",
    "PolicyOptions",
    "Provisioning",
    "ProvisioningOptions",
    "administrator_document",
    "apply_stages",
    "check_deploy_permissions",
    "check_offline",
    "check_stage",
    "check_stages",
    "decode_denial",
    "ensure_deploy_permissions",
    "held_policies",
    "plan_destruction",
    "plan_file_text",
    "plan_stages",
    "plans_of_file",
    "policy_documents",
    "refuse_denied",
    "resources_of",
    "rolled_back",
    "stage_checker",
    "with_caller_account",
]

__getattr__ = lazy_names(__name__, _HOME)
