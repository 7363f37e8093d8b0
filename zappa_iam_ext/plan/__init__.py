"""Plan, then apply: desired state against current state gives typed changes in a safe order. Pure."""

from __future__ import annotations

from zappa_iam_ext.plan.changes import (
    AttachUserPolicy,
    Change,
    Concern,
    CreateAccessKey,
    CreatePolicy,
    CreatePolicyVersion,
    CreateUser,
    DeletePolicyVersion,
    DetachUserPolicy,
    Plan,
    TagPolicy,
    WriteProfile,
)
from zappa_iam_ext.plan.planning import (
    MAX_ATTACHED,
    MAX_KEYS,
    MAX_VERSIONS,
    numbered_part,
    plan,
)
from zappa_iam_ext.plan.states import (
    DOCUMENT_TAG,
    OWNER_TAG,
    CurrentKey,
    CurrentPolicy,
    CurrentState,
    DesiredPolicy,
    DesiredState,
)

__all__ = [
    "DOCUMENT_TAG",
    "MAX_ATTACHED",
    "MAX_KEYS",
    "MAX_VERSIONS",
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
    "Plan",
    "TagPolicy",
    "WriteProfile",
    "numbered_part",
    "plan",
]
