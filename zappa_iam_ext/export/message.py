"""A paragraph to send to whoever may make the resources. Pure."""

from __future__ import annotations

import textwrap

from zappa_iam_ext.export.resources import Resources
from zappa_iam_ext.export.summary import rights, writes_roles

_WIDTH = 78


def message(resources: Resources) -> str:
    """Return the request in plain text: who needs what for which stages, what it allows, what is sent along."""
    sent = (
        "The documents, and how to make them, are in the files sent along (`zappa-iam export` prints them)."
    )
    return "\n\n".join((*reasons(resources), textwrap.fill(sent, _WIDTH))) + "\n"


def reasons(resources: Resources) -> tuple[str, ...]:
    """Return what somebody should know before making these resources, in paragraphs of plain text."""
    texts = (_who(resources), _what(resources), _limits(resources))
    return tuple(textwrap.fill(text, _WIDTH, break_on_hyphens=False) for text in texts)


def _who(resources: Resources) -> str:
    deployer, kind = resources.deployer, resources.kind
    stages = ", ".join(resources.stages)
    told = f"Please let the IAM {kind} {deployer.name} in account {resources.account} deploy {stages} with Zappa (Python web applications on AWS Lambda)."
    return told + ("" if deployer.exists else f" The {kind} does not exist yet.")


def _what(resources: Resources) -> str:
    made, count = rights(resources), len(resources.policies)
    names = ", ".join(policy.name for policy in resources.policies)
    actions = sum(len(item.actions) for item in made)
    services = ", ".join(item.service for item in made)
    return (
        f"It needs {_policies(count)}: {names}. {'It allows' if count == 1 else 'They allow'} {actions} actions in "
        f"{len(made)} services ({services}), on the resources of these stages by name wherever AWS allows that, and nothing "
        "else. They were computed from the calls that Zappa makes for these settings."
    )


def _policies(count: int) -> str:
    return "one customer managed policy" if count == 1 else f"{count} customer managed policies"


def _limits(resources: Resources) -> str:
    """Say what a deployer can do by its nature, so that nobody signs what they did not know."""
    told = "Whoever deploys decides which code the functions run, and with it what is done with their execution roles"
    if resources.execution:
        names = ", ".join(role.boundary_name for role in resources.execution)
        told += f", within their permissions boundaries ({names})."
    elif writes_roles(resources):
        told += ". It may write what these roles are allowed, too: no boundary limits them (`zappa-iam export --boundary` does)."
    else:
        told += "."
    return told + (
        f" The permissions boundary {resources.boundary} limits the {resources.kind}."
        if resources.boundary
        else ""
    )
