"""Reads an execution role with all that it holds, and the policy that is to be its boundary. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zappa_iam_ext.aws.provisioning.current_roles import role_in_full
from zappa_iam_ext.aws.provisioning.managed_policies import managed_policy
from zappa_iam_ext.plan.role_states import CurrentRole
from zappa_iam_ext.plan.states import CurrentPolicy

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def ensured_role(
    iam: IAMClient, name: str, boundary: str = ""
) -> tuple[CurrentRole | None, CurrentPolicy | None]:
    """Return the role and the policy of the ARN ``boundary``; None for what there is not.

    Raises `AccessDenied`, `CredentialsProblem` or `AwsUnavailable` when it cannot be read.
    """
    role = role_in_full(iam, name)
    return role, managed_policy(iam, boundary) if boundary else None
