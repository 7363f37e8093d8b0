"""Plan, then apply: desired state against current state gives typed changes in a safe order. Pure."""

from __future__ import annotations

from zappa_iam_ext.plan.changes import (
    AttachUserPolicy,
    Change,
    CreateAccessKey,
    CreatePolicy,
    CreatePolicyVersion,
    CreateUser,
    DeletePolicyVersion,
    DetachUserPolicy,
    TagPolicy,
    WriteProfile,
)
from zappa_iam_ext.plan.model import Concern, Plan
from zappa_iam_ext.plan.ownership import (
    DOCUMENT_TAG,
    OWNER_TAG,
    Ownership,
    StageKey,
    read_ownership,
)
from zappa_iam_ext.plan.planning import numbered_part, plan
from zappa_iam_ext.plan.states import (
    CurrentKey,
    CurrentPolicy,
    CurrentState,
    DesiredPolicy,
    DesiredState,
    Quotas,
)

__all__ = [
    "DOCUMENT_TAG",
    "OWNER_TAG",
    "AttachUserPolicy",
    "Change",
    "Concern",
    "CreateAccessKey",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateUser",
    "CurrentKey",
    "CurrentPolicy",
    "CurrentState",
    "DeletePolicyVersion",
    "DesiredPolicy",
    "DesiredState",
    "DetachUserPolicy",
    "Ownership",
    "Plan",
    "Quotas",
    "StageKey",
    "TagPolicy",
    "WriteProfile",
    "numbered_part",
    "plan",
    "read_ownership",
]
