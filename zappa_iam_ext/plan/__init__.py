"""Plan, then apply: desired state against current state gives typed changes in a safe order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zappa_iam_ext.lazy import lazy_names

if TYPE_CHECKING:
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
    from zappa_iam_ext.plan.model import Concern, ConcernKind, Plan
    from zappa_iam_ext.plan.naming import in_family, numbered_part
    from zappa_iam_ext.plan.ownership import (
        DOCUMENT_TAG,
        OWNER_TAG,
        Ownership,
        StageKey,
        read_ownership,
    )
    from zappa_iam_ext.plan.planning import Consents, plan
    from zappa_iam_ext.plan.privileges import Privilege
    from zappa_iam_ext.plan.states import (
        CurrentGroup,
        CurrentKey,
        CurrentPolicy,
        CurrentState,
        DesiredPolicy,
        DesiredState,
        Quotas,
    )

_HOME = {
    "AttachUserPolicy": "changes",
    "Change": "changes",
    "Concern": "model",
    "ConcernKind": "model",
    "Consents": "planning",
    "CreateAccessKey": "changes",
    "CreatePolicy": "changes",
    "CreatePolicyVersion": "changes",
    "CreateUser": "changes",
    "CurrentGroup": "states",
    "CurrentKey": "states",
    "CurrentPolicy": "states",
    "CurrentState": "states",
    "DOCUMENT_TAG": "ownership",
    "DeletePolicyVersion": "changes",
    "DesiredPolicy": "states",
    "DesiredState": "states",
    "DetachUserPolicy": "changes",
    "OWNER_TAG": "ownership",
    "Ownership": "ownership",
    "Plan": "model",
    "Privilege": "privileges",
    "Quotas": "states",
    "StageKey": "ownership",
    "TagPolicy": "changes",
    "WriteProfile": "changes",
    "in_family": "naming",
    "numbered_part": "naming",
    "plan": "planning",
    "read_ownership": "ownership",
}

__all__ = [
    "DOCUMENT_TAG",
    "OWNER_TAG",
    "AttachUserPolicy",
    "Change",
    "Concern",
    "ConcernKind",
    "Consents",
    "CreateAccessKey",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateUser",
    "CurrentGroup",
    "CurrentKey",
    "CurrentPolicy",
    "CurrentState",
    "DeletePolicyVersion",
    "DesiredPolicy",
    "DesiredState",
    "DetachUserPolicy",
    "Ownership",
    "Plan",
    "Privilege",
    "Quotas",
    "StageKey",
    "TagPolicy",
    "WriteProfile",
    "in_family",
    "numbered_part",
    "plan",
    "read_ownership",
]

__getattr__ = lazy_names(__name__, _HOME)
