"""The user's own stage, the real installed Zappa, a local AWS, and a policy: rehearsed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.iam import PolicySet, Principal
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.command_lines import DEFAULT_COMMANDS, arguments_of
from zappa_iam_ext.rehearsal.inside_zappa.config import RehearsalConfig
from zappa_iam_ext.rehearsal.limits import not_rehearsed
from zappa_iam_ext.rehearsal.local_aws.emulator_gaps import emulator_gaps_document, emulator_grants
from zappa_iam_ext.rehearsal.local_aws.local_user import ADMINISTRATOR, local_user
from zappa_iam_ext.rehearsal.local_aws.prerequisites import make_prerequisites
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws
from zappa_iam_ext.rehearsal.project import PROFILE, Project, left_out, rehearsing_project
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand, unused_grants
from zappa_iam_ext.rehearsal.zappa_process import run_zappa

__all__ = ["DEFAULT_COMMANDS", "computed_policy", "rehearse"]

_OUTPUT_LINES = 12
_VERSION_CHECK = "url: /pypi/Zappa/json"
"""Zappa looks for a newer Zappa, which a rehearsal does not let it, and says that it could not."""
_PREPARING_USER = "zappa-iam-preparation"


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """What stays the same from command to command."""

    stage: Stage
    aws: LocalAws
    project: Project
    config: RehearsalConfig

    def run(self, line: str) -> RehearsedCommand:
        run = run_zappa(
            arguments_of(line, self.stage.name),
            self.project.folder,
            self.project.environment(self.aws.endpoint, {}),
            self.config,
        )
        output = "\n".join(_without_farewell(run.output).splitlines()[-_OUTPUT_LINES:])
        return RehearsedCommand(line, run.exit_code, run.observations, output)


def rehearse(
    stage: Stage,
    lines: Sequence[str],
    policies: PolicySet,
    aws: LocalAws,
    *,
    source: Path,
    label: str = "the computed policy",
    principal: str = "",
    prepare: Sequence[str] = (),
    full: bool = False,
    enforce: bool = True,
    deny: Iterable[str] = (),
    package_size: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> RehearsalReport:
    """Run Zappa's commands for a stage on a local AWS as a real IAM user with these policies.

    Two enforcements judge each call: ours, which also knows what AWS checks on its own account, and the local
    AWS's own. ``stage`` is in the local account already. ``principal`` is the ARN that policies see (default: the
    stage's user). ``prepare`` are commands that run before, as an administrator, and are not part of the report.
    ``deny`` names calls that are refused whatever the policies say (``apigateway.GetRestApis``). ``package_size`` is
    the size in bytes of the package that stands in for the real one unless ``full``: what is larger than 8 MiB is
    uploaded in parts.
    """
    principal = principal or iam_ext_settings(stage).user_arn(stage.with_account(aws.account))
    documents = (*policies.identity, *policies.group) if enforce else (ADMINISTRATOR,)
    config = RehearsalConfig(
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
    missing = make_prerequisites(aws, stage)
    with rehearsing_project(stage, source, full=full) as project:
        rehearsal = _Rehearsal(stage, aws, project, config)
        prepared = _prepared(rehearsal, prepare, progress)
        name = Principal.parse(principal).name
        with local_user(aws, name, (*documents, emulator_gaps_document(stage))) as key:
            write_profile(project, key, stage.region)
            commands = tuple(_told(line, rehearsal, progress) for line in lines)
    return RehearsalReport(
        stage=stage.name,
        function_name=stage.function_name,
        principal=principal,
        policy=label,
        zappa_version=stage.zappa_version,
        commands=commands,
        unused=unused_grants(policies, (seen for command in commands for seen in command.observations)),
        missing=missing,
        beyond=not_rehearsed(stage),
        left_out=left_out(stage, full=full),
        prepared=prepared,
        besides=emulator_grants(stage) if enforce else (),
    )


def _without_farewell(output: str) -> str:
    """Return Zappa's output without its last lines about where to find help (``cli.py``, ``handle``)."""
    before, line, after = output.rpartition("==============")
    told = before if line and "Need help?" in after else output
    return "\n".join(text for text in told.splitlines() if _VERSION_CHECK not in text).strip()


def _told(line: str, rehearsal: _Rehearsal, progress: Callable[[str], None]) -> RehearsedCommand:
    progress(f"zappa {line}")
    return rehearsal.run(line)


def _prepared(
    rehearsal: _Rehearsal, lines: Sequence[str], progress: Callable[[str], None]
) -> tuple[str, ...]:
    """Run commands as an administrator, unjudged, unless the function exists already; return those that ran.

    Raises `LocalAwsError` when one fails.
    """
    if not lines or _is_deployed(rehearsal):
        return ()
    unjudged = replace(rehearsal, config=replace(rehearsal.config, policies=None, deny=(), full=False))
    with local_user(rehearsal.aws, _PREPARING_USER, (ADMINISTRATOR,)) as key:
        write_profile(rehearsal.project, key, rehearsal.stage.region)
        for line in lines:
            progress(f"zappa {line}, as an administrator, so that there is something to rehearse on")
            done = unjudged.run(line)
            if done.exit_code:
                raise LocalAwsError(
                    f"zappa {line} failed on the local AWS before the rehearsal began:\n{done.output}",
                    hint="Rehearse `deploy` itself: zappa-iam rehearse STAGE --command deploy",
                )
    return tuple(lines)


def _is_deployed(rehearsal: _Rehearsal) -> bool:
    """Say whether a borrowed local AWS has the function already."""
    client = rehearsal.aws.client("lambda", rehearsal.stage.region)
    try:
        client.get_function(FunctionName=rehearsal.stage.function_name)
    except (BotoCoreError, ClientError):
        return False
    return True


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
