"""Execution roles for other tools: a CloudFormation template, a Terraform configuration, a page. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from zappa_iam_ext.export.hcl import HEAD, Encoded, Raw, block
from zappa_iam_ext.export.resources import ExecutionRole
from zappa_iam_ext.export.shell import aws_iam, file_lines, json_block, shell, tag_options
from zappa_iam_ext.export.template import anywhere, kept

_ABOUT = """\
What the functions of {stages} run as. The trust and the policy were computed from the settings: one statement for each
service that uses the role, and what the function, its event sources and its API need.

Let Zappa not manage the role, or it writes its own documents over these at the next deployment: `"manage_roles": false` and
`"role_name": "{name}"` in the stage."""
_RUN = """\
Run this with credentials that may write IAM in account {account}. It may be run again: what exists already is refused
with `EntityAlreadyExists`, and nothing changes."""


_OPEN = "Open the **IAM** console."


def cloudformation_role(roles: Sequence[ExecutionRole]) -> str:
    """Return a template with the roles, each with its boundary; stacks keep them when they are deleted."""
    stages = ", ".join(stage for role in roles for stage in role.stages)
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"What the functions of {stages} run as"[:1024],
        "Resources": template_resources(roles),
    }
    return json.dumps(template, indent=2, ensure_ascii=False)


def template_resources(roles: Sequence[ExecutionRole]) -> dict[str, Any]:
    """Return the resources of a template for the roles, by their names in it."""
    resources: dict[str, Any] = {}
    for number, role in enumerate(roles, 1):
        if role.limit:
            resources[f"Boundary{number}"] = kept(
                "ManagedPolicy",
                {"ManagedPolicyName": role.boundary_name, "PolicyDocument": anywhere(role.limit, role)},
            )
        resources[f"ExecutionRole{number}"] = kept("Role", _properties(role, number))
    return resources


def _properties(role: ExecutionRole, number: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "RoleName": role.name,
        "Path": role.path,
        "AssumeRolePolicyDocument": anywhere(role.trust, role),
        "Policies": [
            {"PolicyName": role.policy.name, "PolicyDocument": anywhere(role.policy.document, role)}
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(role.tags.items())],
    }
    if role.boundary:
        properties["PermissionsBoundary"] = (
            {"Ref": f"Boundary{number}"} if role.limit else anywhere(role.boundary, role)
        )
    return properties


def terraform_role(roles: Sequence[ExecutionRole]) -> str:
    """Return a configuration with the roles, each with its boundary and its inline policy."""
    return "\n".join([HEAD, *blocks_of_roles(roles)])


def blocks_of_roles(roles: Sequence[ExecutionRole]) -> list[str]:
    """Return the blocks of a configuration for the roles."""
    blocks: list[str] = []
    for number, role in enumerate(roles, 1):
        name = f"execution_{number}"
        body: list[tuple[str, Any]] = [
            ("name", role.name),
            ("path", role.path),
            ("assume_role_policy", Encoded(role.trust)),
        ]
        if role.boundary:
            body.append(
                ("permissions_boundary", Raw(f"aws_iam_policy.{name}.arn") if role.limit else role.boundary)
            )
        body.append(("tags", dict(sorted(role.tags.items()))))
        if role.limit:
            limit = [
                ("name", role.boundary_name),
                ("policy", Encoded(role.limit)),
                ("tags", dict(sorted(role.tags.items()))),
            ]
            blocks.append(block("resource", ["aws_iam_policy", name], limit))
        blocks.append(block("resource", ["aws_iam_role", name], body))
        inline = [
            ("name", role.policy.name),
            ("role", Raw(f"aws_iam_role.{name}.id")),
            ("policy", Encoded(role.policy.document)),
        ]
        blocks.append(block("resource", ["aws_iam_role_policy", name], inline))
    return blocks


def markdown_role(roles: Sequence[ExecutionRole]) -> str:
    """Return a page; its shell commands and its JSON work as they stand."""
    return "\n\n".join(part for role in roles for part in _page(role)) + "\n"


def _page(role: ExecutionRole) -> Iterator[str]:
    yield f"# Execution role {role.name}"
    yield _ABOUT.format(stages=", ".join(role.stages), name=role.name)
    yield "## With the AWS CLI"
    yield _RUN.format(account=role.account)
    yield shell("\n".join(commands_of_role(role)))
    yield "## In the console"
    yield "\n".join(f"{number}. {step}" for number, step in enumerate([_OPEN, *steps_of_role(role)], 1))
    yield "## The documents"
    yield from documents_of_role(role)


def documents_of_role(role: ExecutionRole) -> Iterator[str]:
    """Yield the role's documents as they are pasted, each under its heading."""
    yield f"### Trust policy of {role.name}"
    yield json_block(role.trust)
    yield f"### {role.policy.name} of {role.name}"
    yield json_block(role.policy.document)
    if role.limit:
        yield f"### {role.boundary_name}"
        yield json_block(role.limit)


def commands_of_role(role: ExecutionRole) -> Iterator[str]:
    """Yield the commands that make the role, and its boundary before it."""
    limit, trust = f"{role.boundary_name}.json", f"{role.name}-trust.json"
    policy = f"{role.name}-{role.policy.name}.json"
    if role.limit:
        yield from file_lines(limit, role.limit)
        yield aws_iam(
            "create-policy", ("--policy-name", role.boundary_name), ("--policy-document", f"file://{limit}")
        )
    yield from file_lines(trust, role.trust)
    yield aws_iam(
        "create-role",
        ("--role-name", role.name),
        ("--path", role.path),
        ("--assume-role-policy-document", f"file://{trust}"),
        *([("--permissions-boundary", role.boundary)] if role.boundary else []),
        *tag_options(role.tags),
    )
    yield from file_lines(policy, role.policy.document)
    yield aws_iam(
        "put-role-policy",
        ("--role-name", role.name),
        ("--policy-name", role.policy.name),
        ("--policy-document", f"file://{policy}"),
    )


def steps_of_role(role: ExecutionRole) -> Iterator[str]:
    """Yield the steps in the console that make the role."""
    if role.limit:
        yield (
            f"**Policies**, **Create policy**, **JSON**: paste the document {role.boundary_name} from the end of this page; "
            f"**Next**; **Policy name** `{role.boundary_name}`; **Create policy**."
        )
    yield (
        f"**Roles**, **Create role**, **Custom trust policy**: paste the trust policy of {role.name} from the end of this page; "
        "**Next**"
        + (f", **Permissions boundary** `{role.boundary_name}`" if role.boundary else "")
        + f"; **Role name** `{role.name}`; **Create role**."
    )
    yield (
        f"`{role.name}`, **Add permissions**, **Create inline policy**, **JSON**: paste the document {role.policy.name} of {role.name}; "
        f"**Policy name** `{role.policy.name}`; **Create policy**."
    )
