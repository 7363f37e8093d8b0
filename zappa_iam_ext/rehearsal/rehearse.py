"""The user's own stage, the real installed Zappa, a local AWS, and a policy: rehearsed."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.deviations import deviations_document
from zappa_iam_ext.rehearsal.instrument import Orders
from zappa_iam_ext.rehearsal.local_aws import LocalAws
from zappa_iam_ext.rehearsal.prerequisites import make_prerequisites
from zappa_iam_ext.rehearsal.project import PROFILE, Project, rehearsing_project
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand, unused_grants
from zappa_iam_ext.rehearsal.zappa_process import run_zappa

DEFAULT_COMMANDS = ("deploy", "update", "status", "undeploy")
_KEEPING_QUIET = {
    "certify": "--yes",
    "tail": "--disable-keep-open",
    "undeploy": "--yes",
}
_OUTPUT_LINES = 12


def rehearse(
    stage: Stage,
    lines: Sequence[str],
    policies: PolicySet,
    aws: LocalAws,
    *,
    source: Path,
    label: str = "the computed policy",
    full: bool = False,
    enforce: bool = True,
    deny: Iterable[str] = (),
    package_size: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> RehearsalReport:
    """Run Zappa's commands for a stage on a local AWS as a real IAM user with these policies.

    Two enforcements judge each call: ours, which also knows what AWS checks on its own account, and the local
    AWS's own. ``stage`` is in the local account already. ``deny`` names calls that are refused whatever the
    policies say (``apigateway.GetRestApis``). ``package_size`` is the size in bytes of the package that stands in
    for the real one unless ``full``: what is larger than 8 MiB is uploaded in parts.
    """
    principal = f"arn:{stage.partition}:iam::{aws.account}:user/{iam_ext_settings(stage).user}"
    documents = (*policies.identity, *policies.group) if enforce else (ADMINISTRATOR,)
    key = make_user(aws, principal.rpartition("/")[2], (*documents, deviations_document(stage)))
    missing = make_prerequisites(aws, stage)
    orders = Orders(
        record="",
        endpoint=aws.endpoint,
        account=aws.account,
        region=stage.region,
        partition=stage.partition,
        principal=principal,
        policies=_raw(policies) if enforce else None,
        deny=tuple(deny),
        full=full,
        package_size=package_size,
    )
    commands = []
    with rehearsing_project(stage, source) as project:
        write_profile(project, key, stage.region)
        for line in lines:
            progress(f"zappa {line}")
            commands.append(_run(line, stage, project, orders, aws))
    return RehearsalReport(
        stage=stage.name,
        function_name=stage.function_name,
        principal=principal,
        policy=label,
        zappa_version=stage.zappa_version,
        commands=tuple(commands),
        unused=unused_grants(policies, (seen for command in commands for seen in command.observations)),
        missing=missing,
    )


def _run(line: str, stage: Stage, project: Project, orders: Orders, aws: LocalAws) -> RehearsedCommand:
    run = run_zappa(
        arguments_of(line, stage.name), project.folder, project.environment(aws.endpoint, {}), orders
    )
    output = "\n".join(run.output.strip().splitlines()[-_OUTPUT_LINES:])
    return RehearsedCommand(line, run.exit_code, run.observations, output)


def arguments_of(line: str, stage: str) -> list[str]:
    """Return the arguments of ``zappa`` for a command line such as ``undeploy --remove-logs``.

    The stage follows the command's name; questions are answered and endless commands ended.
    """
    name, *rest = shlex.split(line)
    extra = [flag] if (flag := _KEEPING_QUIET.get(name)) and flag not in rest else []
    if name == "rollback" and not {"-n", "--num-rollback"} & set(rest):
        extra += ["-n", "1"]
    if name == "invoke" and not any(not word.startswith("-") for word in rest):
        extra += ["1 + 1", "--raw"]
    if name == "manage" and not rest:
        extra += ["check"]
    return [name, stage, *rest, *extra]


def make_user(aws: LocalAws, user: str, documents: Iterable[PolicyDocument]) -> tuple[str, str]:
    """Make a user on the local AWS with these identity policies, and return its access key."""
    iam = aws.client("iam")
    iam.create_user(UserName=user)
    for number, document in enumerate(documents, 1):
        iam.put_user_policy(
            UserName=user, PolicyName=f"rehearsed-{number}", PolicyDocument=document.to_json()
        )
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


ADMINISTRATOR = PolicyDocument.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


def write_profile(project: Project, key: tuple[str, str], region: str) -> None:
    """Write the local key into the project's own credentials file."""
    key_id, secret = key
    project.credentials.write_text(
        f"[{PROFILE}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n", encoding="utf-8"
    )
    project.config.write_text(f"[profile {PROFILE}]\nregion = {region}\n", encoding="utf-8")


def computed_policy(stage: Stage, lines: Iterable[str]) -> PolicySet:
    """Return the least-privilege policy of a stage for these command lines."""
    commands = tuple(parse_command(line) for line in lines)
    return PolicySet(identity=(deployment_policy(requirements(stage, commands)),))


def _raw(policies: PolicySet) -> dict[str, Any]:
    """Return a policy set as JSON by layer."""
    return {
        "identity": [document.to_dict() for document in policies.identity],
        "group": [document.to_dict() for document in policies.group],
        "boundary": [document.to_dict() for document in policies.boundary] or None,
    }
