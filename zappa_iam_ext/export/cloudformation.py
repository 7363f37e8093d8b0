"""The resources as a CloudFormation template, for a stack or for the stacks of a StackSet. Pure.

ARNs are written with the pseudo parameters ``AWS::Partition`` and ``AWS::AccountId``, so that one template serves every
account. A managed policy has no tags in CloudFormation: the stack owns it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from zappa_iam_ext.export.resources import ExecutionRole, ManagedPolicy, OidcProvider, Resources, Role, User

CAPABILITY = "CAPABILITY_NAMED_IAM"
"""What CloudFormation wants to be told before it makes IAM resources with names of their own."""
_POLICY_VARIABLE = re.compile(r"\$\{")


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
        "Resources": {},
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
    made: dict[str, Any] = {
        "Type": f"AWS::IAM::{kind}",
        "Condition": f"Make{kind}",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }
    return made


def _provider(provider: OidcProvider) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::OIDCProvider",
        "Condition": "MakeProvider",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"Url": provider.url, "ClientIdList": list(provider.client_ids)},
    }


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


def anywhere(value: Any, resources: Resources | ExecutionRole) -> Any:
    """Return a value of a document with the account and the partition left to the stack."""
    if isinstance(value, str):
        return _text(value, resources)
    if isinstance(value, Mapping):
        return {key: anywhere(item, resources) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [anywhere(item, resources) for item in value]
    return value


def _text(text: str, resources: Resources | ExecutionRole) -> Any:
    if text == resources.account:
        return {"Ref": "AWS::AccountId"}
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or parts[1] != resources.partition:  # noqa: PLR2004  -- an ARN has six parts
        return text
    parts = [_POLICY_VARIABLE.sub("${!", part) for part in parts]
    parts[1] = "${AWS::Partition}"
    if parts[4] == resources.account:
        parts[4] = "${AWS::AccountId}"
    return {"Fn::Sub": ":".join(parts)}
