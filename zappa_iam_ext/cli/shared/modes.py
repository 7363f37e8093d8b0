"""The options of ``--mode``: a user with keys, a role that is assumed, tokens of a CI system, a permission set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from zappa_iam_ext.workflow.provisioning.modes import ModeOptions

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
PERMISSION_SET = "permission-set"
_PROVIDERS = (
    "github",
    "github-enterprise",
    "github-ghe-com",
    "github-enterprise-server",
    "gitlab",
    "gitlab-self-managed",
    "bitbucket",
    "circleci",
    "terraform",
)
#: What is said of a CI system: the parameter, how it is shown, and what it is.
_GIVEN: tuple[tuple[str, str, str], ...] = (
    ("repository", "OWNER/NAME", "The repository: GitHub OWNER/NAME, GitLab GROUP/PROJECT."),
    ("branch", "NAME", "Only runs of this branch."),
    ("tag", "NAME", "Only runs of this tag."),
    (
        "environment",
        "NAME",
        "Only runs of this environment (GitHub); Bitbucket: the name of the deployment environment.",
    ),
    ("owner_id", "NUMBER", "GitHub: the owner's id, which no name can be taken over from."),
    ("repository_id", "ID", "GitHub: the repository's id; Bitbucket: its UUID."),
    ("project_id", "ID", "GitLab.com and CircleCI: the project's id."),
    ("namespace_id", "ID", "GitLab.com: the id of the group."),
    ("host", "HOST", "A GitLab or GitHub of your own: where it runs; of GHE.com SUBDOMAIN.ghe.com."),
    ("enterprise", "NAME", "GitHub: the enterprise whose issuer is its own."),
    (
        "job_workflow_ref",
        "REF",
        "GitHub: only this reusable workflow, OWNER/NAME/.github/workflows/FILE@REF.",
    ),
    ("workspace", "NAME", "Bitbucket and HCP Terraform: the workspace."),
    ("workspace_id", "UUID", "Bitbucket: the workspace's UUID."),
    ("environment_id", "UUID", "Bitbucket: the UUID of a deployment environment."),
    ("organization", "NAME", "HCP Terraform: the organization."),
    ("organization_id", "UUID", "CircleCI: the organization's id."),
    ("project", "NAME", "HCP Terraform: the project."),
    ("run_phase", "PHASE", "HCP Terraform: plan or apply; both when left out."),
)

#: What every mode may be told.
_OPTIONS = (
    click.option(
        "--mode",
        type=click.Choice(["user", "role", "oidc", "permission-set"]),
        default="user",
        show_default=True,
        help="How the deployer gets its credentials.",
    ),
    click.option(
        "--role-name", default="", metavar="NAME", help="The role that deploys; default: the project's."
    ),
    click.option("--trusted", multiple=True, metavar="ARN", help="Who may assume the role; may be repeated."),
    click.option("--mfa", is_flag=True, help="Only after multi-factor authentication."),
    click.option(
        "--max-session",
        type=int,
        default=3600,
        show_default=True,
        metavar="SECONDS",
        help="How long a session of the role may last.",
    ),
    click.option(
        "--source-profile",
        default="",
        metavar="PROFILE",
        help="Write a profile that assumes the role with this profile's credentials.",
    ),
    click.option(
        "--provider",
        type=click.Choice(_PROVIDERS),
        metavar="SYSTEM",
        help=f"The CI system whose tokens the role trusts: {', '.join(_PROVIDERS)}.",
    ),
    click.option("--pull-request", is_flag=True, help="Runs of pull requests (GitHub)."),
    click.option(
        "--boundary/--no-boundary",
        default=None,
        help="Limit execution roles, also of policies in place that do not; default: where a policy is made anew, in an"
        " export never. Without it the deployer can give them any permissions.",
    ),
)


def mode_options(function: Decorated) -> Decorated:
    """Add ``--mode`` and what belongs to it."""
    of_systems = (
        click.option(f"--{name.replace('_', '-')}", default="", metavar=metavar, help=told)
        for name, metavar, told in _GIVEN
    )
    for option in reversed((*_OPTIONS, *of_systems)):
        function = option(function)
    return function


def mode_of(given: Mapping[str, Any]) -> ModeOptions:
    """Return what the options say."""
    from zappa_iam_ext.workflow.provisioning.modes import ModeOptions

    told = {name: given[name] for name, _, _ in _GIVEN if given[name]}
    return ModeOptions(
        mode=given["mode"],
        role_name=given["role_name"],
        trusted=tuple(given["trusted"]),
        mfa=given["mfa"],
        max_session=given["max_session"],
        source_profile=given["source_profile"],
        provider=given["provider"] or "",
        given=told | ({"pull_request": "yes"} if given["pull_request"] else {}),
        boundary=given["boundary"],
    )


def print_permission_set(given: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what an administrator of IAM Identity Center pastes; nothing is changed."""
    import json

    from zappa_iam_ext.cli.shared.options import AwsOptions, parse_commands, read
    from zappa_iam_ext.cli.shared.output import say
    from zappa_iam_ext.roles.permission_set import permission_set_text
    from zappa_iam_ext.workflow.provisioning.permission_sets import permission_set

    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    stages = read(given["stage"], given["settings_file"], all_stages=given["all_stages"], options=options)
    commands = parse_commands(given["command_lines"])
    wanted, notes = permission_set(stages, commands, options, mode_of(given), given["admin_profile"])
    for note in notes:
        click.echo(note, err=True)
    if as_json:
        told = {"schema_version": 1, "permission_sets": [wanted.to_json()]}
        say(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        say(permission_set_text(wanted))
