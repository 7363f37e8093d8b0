"""The resources as one Markdown page: what they allow, AWS CLI commands, console steps, the exact JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.export.cloudformation import CAPABILITY
from zappa_iam_ext.export.execution import commands_of_role, documents_of_role, steps_of_role
from zappa_iam_ext.export.message import reasons
from zappa_iam_ext.export.resources import OidcProvider, Resources, Role, User
from zappa_iam_ext.export.shell import aws_iam, file_lines, json_block, shell, tag_options
from zappa_iam_ext.export.summary import rights

_SHOWN = 3
_RUN = """\
Run this with credentials that may write IAM in account {account}. It may be run again: what exists already is refused
with `EntityAlreadyExists`, and nothing changes."""


def markdown(resources: Resources) -> str:
    """Return the page; its shell commands and its JSON work as they stand."""
    deployer = resources.deployer
    parts = [
        f"# Permissions to deploy {', '.join(resources.stages)}",
        *reasons(resources),
        "## What is allowed",
        _table(resources),
        "## With the AWS CLI",
        _RUN.format(account=resources.account),
        shell("\n".join(_commands(resources))),
        "## In the console",
        "\n".join(f"{number}. {step}" for number, step in enumerate(_steps(resources), 1)),
        "## For many accounts",
        "Save what `zappa-iam export --format cloudformation` prints as `template.json`; the account is left open in it.",
        shell("\n".join(_stack_set())),
        "## The documents",
        *(
            part
            for policy in resources.policies
            for part in (f"### {policy.name}", json_block(policy.document))
        ),
    ]
    if isinstance(deployer, Role):
        parts += [f"### Trust policy of {deployer.name}", json_block(deployer.trust)]
    parts += [part for role in resources.execution for part in documents_of_role(role)]
    return "\n\n".join(parts) + "\n"


def _table(resources: Resources) -> str:
    lines = ["| service | actions | resources |", "| --- | --- | --- |"]
    for item in rights(resources):
        shown = ", ".join(f"`{name}`" for name in item.resources[:_SHOWN])
        more = f" and {len(item.resources) - _SHOWN} more" if len(item.resources) > _SHOWN else ""
        lines.append(f"| {item.service} | {', '.join(item.actions)} | {shown}{more} |")
    return "\n".join(lines)


def _commands(resources: Resources) -> Iterator[str]:
    for role in resources.execution:
        yield from commands_of_role(role)
    for policy in resources.policies:
        yield from file_lines(f"{policy.name}.json", policy.document)
        yield aws_iam(
            "create-policy",
            ("--policy-name", policy.name),
            ("--path", resources.path),
            ("--policy-document", f"file://{policy.name}.json"),
            *tag_options(policy.tags),
        )
    yield from _deployer(resources)
    kind = resources.kind
    for policy in resources.policies:
        yield aws_iam(
            f"attach-{kind}-policy",
            (f"--{kind}-name", resources.deployer.name),
            ("--policy-arn", resources.arn("policy", policy.name)),
        )


def _deployer(resources: Resources) -> Iterator[str]:
    deployer = resources.deployer
    if deployer.exists:
        return
    boundary = [("--permissions-boundary", resources.boundary)] if resources.boundary else []
    if isinstance(deployer, User):
        yield aws_iam(
            "create-user",
            ("--user-name", deployer.name),
            ("--path", resources.path),
            *boundary,
            *tag_options(resources.tags),
        )
        return
    if deployer.provider:
        yield from _provider(deployer.provider)
    yield from file_lines(f"{deployer.name}-trust.json", deployer.trust)
    duration = deployer.max_session_duration
    yield aws_iam(
        "create-role",
        ("--role-name", deployer.name),
        ("--path", resources.path),
        ("--assume-role-policy-document", f"file://{deployer.name}-trust.json"),
        *([("--max-session-duration", str(duration))] if duration else []),
        *boundary,
        *tag_options(resources.tags),
    )


def _provider(provider: OidcProvider) -> Iterator[str]:
    yield aws_iam(
        "create-open-id-connect-provider", ("--url", provider.url), ("--client-id-list", *provider.client_ids)
    )


def _stack_set() -> Iterator[str]:
    yield (
        "aws cloudformation create-stack-set --stack-set-name zappa-deployment \\\n"
        f"  --template-body file://template.json --capabilities {CAPABILITY}"
    )
    yield (
        "aws cloudformation create-stack-instances --stack-set-name zappa-deployment \\\n"
        "  --accounts 111122223333 444455556666 --regions us-east-1"
    )


def _steps(resources: Resources) -> Iterator[str]:
    deployer, kind = resources.deployer, resources.kind
    yield "Open the **IAM** console."
    for role in resources.execution:
        yield from steps_of_role(role)
    for policy in resources.policies:
        yield (
            f"**Policies**, **Create policy**, **JSON**: paste the document {policy.name} from the end of this page; "
            f"**Next**; **Policy name** `{policy.name}`; **Create policy**."
        )
    if not deployer.exists:
        yield from _making(deployer)
    names = ", ".join(f"`{policy.name}`" for policy in resources.policies)
    yield (
        f"**{kind.capitalize()}s**, `{deployer.name}`, **Add permissions**, "
        + ("**Attach policies directly**" if kind == "user" else "**Attach policies**")
        + f": tick {names}; **Add permissions**."
    )
    if resources.boundary:
        yield f"On the same page, **Permissions boundary**, **Set permissions boundary**: `{resources.boundary}`."


def _making(deployer: User | Role) -> Iterator[str]:
    if isinstance(deployer, User):
        yield f"**Users**, **Create user**: `{deployer.name}`, without access to the console; **Create user**."
        return
    if deployer.provider:
        audiences = ", ".join(f"`{name}`" for name in deployer.provider.client_ids)
        yield (
            "**Identity providers**, **Add provider**, **OpenID Connect** (unless it is listed already): "
            f"**Provider URL** `{deployer.provider.url}`, **Audience** {audiences}."
        )
    yield (
        "**Roles**, **Create role**, **Custom trust policy**: paste the trust policy from the end of this page; "
        f"**Role name** `{deployer.name}`; **Create role**."
    )
