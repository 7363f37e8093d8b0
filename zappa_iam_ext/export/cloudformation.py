"""The resources as a CloudFormation template, for a stack or for the stacks of a StackSet. Pure.

ARNs are written with the pseudo parameters ``AWS::Partition`` and ``AWS::AccountId``, so that one template serves every
account. A managed policy has no tags in CloudFormation: the stack owns it.
"""

from __future__ import annotations

import json
from typing import Any

from zappa_iam_ext.export.execution import template_resources
from zappa_iam_ext.export.resources import ManagedPolicy, OidcProvider, Resources, Role, User
from zappa_iam_ext.export.template import anywhere, kept

CAPABILITY = "CAPABILITY_NAMED_IAM"
"""What CloudFormation wants to be told before it makes IAM resources with names of their own."""


def cloudformation(resources: Resources) -> str:
    """Return the template as JSON, which the console, the CLI and StackSets take."""
    deployer = resources.deployer
    kind = "User" if isinstance(deployer, User) else "Role"
    exists = f"{kind}Exists"
    template: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"What deploys with Zappa: {', '.join(resources.stages)}"[:1024],
        "Parameters": {
            exists: _yes_or_no(f"Is there a {kind.lower()} {deployer.name} already?", deployer.exists)
        },
        "Conditions": {f"Make{kind}": {"Fn::Equals": [{"Ref": exists}, "no"]}},
        "Resources": template_resources(resources.execution),
    }
    provider = deployer.provider if isinstance(deployer, Role) else None
    if provider:
        template["Parameters"]["ProviderExists"] = _yes_or_no(
            f"Does the account have the identity provider {provider.url} already?", default=False
        )
        template["Conditions"]["MakeProvider"] = {"Fn::Equals": [{"Ref": "ProviderExists"}, "no"]}
        template["Resources"]["Provider"] = _provider(provider)
    template["Resources"][kind] = _deployer(resources)
    for number, policy in enumerate(resources.policies, 1):
        template["Resources"][f"Policy{number}"] = _policy(policy, resources, kind)
    return json.dumps(template, indent=2, ensure_ascii=False)


def _yes_or_no(question: str, default: bool) -> dict[str, Any]:
    return {
        "Type": "String",
        "AllowedValues": ["yes", "no"],
        "Default": "yes" if default else "no",
        "Description": question,
    }


def _deployer(resources: Resources) -> dict[str, Any]:
    deployer = resources.deployer
    properties: dict[str, Any] = {"Path": resources.path}
    if isinstance(deployer, Role):
        properties |= {
            "RoleName": deployer.name,
            "AssumeRolePolicyDocument": anywhere(deployer.trust, resources),
        }
        if deployer.max_session_duration:
            properties["MaxSessionDuration"] = deployer.max_session_duration
    else:
        properties["UserName"] = deployer.name
    if resources.boundary:
        properties["PermissionsBoundary"] = anywhere(resources.boundary, resources)
    properties["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(resources.tags.items())]
    kind = "User" if isinstance(deployer, User) else "Role"
    return kept(kind, properties, Condition=f"Make{kind}")


def _provider(provider: OidcProvider) -> dict[str, Any]:
    properties = {"Url": provider.url, "ClientIdList": list(provider.client_ids)}
    return kept("OIDCProvider", properties, Condition="MakeProvider")


def _policy(policy: ManagedPolicy, resources: Resources, kind: str) -> dict[str, Any]:
    name = resources.deployer.name
    holder = {"Fn::If": [f"Make{kind}", {"Ref": kind}, name]}
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": policy.name,
            "Path": resources.path,
            "PolicyDocument": anywhere(policy.document, resources),
            f"{kind}s": [holder],
        },
    }
