"""What is to be made, for people who do it with other tools: CloudFormation, Terraform, the AWS CLI, the console. Pure."""

from __future__ import annotations

from zappa_iam_ext.export.cloudformation import cloudformation
from zappa_iam_ext.export.markdown import markdown
from zappa_iam_ext.export.message import message
from zappa_iam_ext.export.resources import Deployer, ManagedPolicy, OidcProvider, Resources, Role, User
from zappa_iam_ext.export.terraform import terraform

__all__ = [
    "Deployer",
    "ManagedPolicy",
    "OidcProvider",
    "Resources",
    "Role",
    "User",
    "cloudformation",
    "markdown",
    "message",
    "terraform",
]
