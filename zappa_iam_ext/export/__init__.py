"""What is to be made, for people who do it with other tools: CloudFormation, Terraform, the AWS CLI, the console. Pure."""

from __future__ import annotations

from zappa_iam_ext.export.cloudformation import cloudformation
from zappa_iam_ext.export.execution import cloudformation_role, markdown_role, terraform_role
from zappa_iam_ext.export.markdown import markdown
from zappa_iam_ext.export.message import message
from zappa_iam_ext.export.resources import (
    Deployer,
    ExecutionRole,
    ManagedPolicy,
    OidcProvider,
    Resources,
    Role,
    User,
)
from zappa_iam_ext.export.terraform import terraform

__all__ = [
    "Deployer",
    "ExecutionRole",
    "ManagedPolicy",
    "OidcProvider",
    "Resources",
    "Role",
    "User",
    "cloudformation",
    "cloudformation_role",
    "markdown",
    "markdown_role",
    "message",
    "terraform",
    "terraform_role",
]
