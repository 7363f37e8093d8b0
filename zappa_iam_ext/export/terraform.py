"""The resources in Terraform's language, formatted as ``terraform fmt`` does. Pure."""

from __future__ import annotations

from typing import Any

from zappa_iam_ext.export.execution import blocks_of_roles
from zappa_iam_ext.export.hcl import HEAD, Encoded, Raw, block
from zappa_iam_ext.export.resources import ManagedPolicy, OidcProvider, Resources, Role, User


def terraform(resources: Resources) -> str:
    """Return the configuration; what exists already is taken as it is by setting its variable to false."""
    deployer = resources.deployer
    kind = "user" if isinstance(deployer, User) else "role"
    blocks = [
        HEAD,
        _variable(f"make_{kind}", f"Whether to make the {kind} {deployer.name}.", not deployer.exists),
    ]
    provider = deployer.provider if isinstance(deployer, Role) else None
    if provider:
        told = f"Whether to make the identity provider {provider.url}; an account has one."
        blocks += [_variable("make_provider", told, default=True), _provider(provider)]
    blocks.append(_deployer(resources, kind))
    for number, policy in enumerate(resources.policies, 1):
        blocks += [_policy(number, policy, resources), _attachment(number, deployer.name, kind)]
    return "\n".join([*blocks, *blocks_of_roles(resources.execution)])


def _variable(name: str, description: str, default: bool) -> str:
    return block(
        "variable", [name], [("type", Raw("bool")), ("default", default), ("description", description)]
    )


def _deployer(resources: Resources, kind: str) -> str:
    deployer = resources.deployer
    body: list[tuple[str, Any]] = [
        ("count", Raw(f"var.make_{kind} ? 1 : 0")),
        ("name", deployer.name),
        ("path", resources.path),
    ]
    if isinstance(deployer, Role):
        body.append(("assume_role_policy", Encoded(deployer.trust)))
        if deployer.max_session_duration:
            body.append(("max_session_duration", deployer.max_session_duration))
    if resources.boundary:
        body.append(("permissions_boundary", resources.boundary))
    body.append(("tags", dict(sorted(resources.tags.items()))))
    return block("resource", [f"aws_iam_{kind}", "deployer"], body)


def _provider(provider: OidcProvider) -> str:
    body = [
        ("count", Raw("var.make_provider ? 1 : 0")),
        ("url", provider.url),
        ("client_id_list", list(provider.client_ids)),
    ]
    return block("resource", ["aws_iam_openid_connect_provider", "issuer"], body)


def _policy(number: int, policy: ManagedPolicy, resources: Resources) -> str:
    body = [
        ("name", policy.name),
        ("path", resources.path),
        ("policy", Encoded(policy.document)),
        ("tags", dict(sorted(policy.tags.items()))),
    ]
    return block("resource", ["aws_iam_policy", f"deployment_{number}"], body)


def _attachment(number: int, name: str, kind: str) -> str:
    body = [
        (kind, name),
        ("policy_arn", Raw(f"aws_iam_policy.deployment_{number}.arn")),
        ("depends_on", [Raw(f"aws_iam_{kind}.deployer")]),
    ]
    return block("resource", [f"aws_iam_{kind}_policy_attachment", f"deployment_{number}"], body)
