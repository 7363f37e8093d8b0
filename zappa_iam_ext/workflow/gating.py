"""The gate in a running Zappa: which stages are decided when, and what becomes of the command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from zappa_iam_ext.aws.credentials.machine import require_sound
from zappa_iam_ext.check import Report
from zappa_iam_ext.config import IamExtSettings, iam_ext_settings
from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.gating.zappa_stages import stages_to_come
from zappa_iam_ext.permissions.commands import WRITING, life_cycle
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.settings_file import command_from_cli, settings_warnings, stage_from_cli
from zappa_iam_ext.workflow.deciding.checking import check_with_session

_DECIDED = "_zappa_iam_ext_decided"
"""The attribute of a ``ZappaCLI`` that names the stages which were decided before it was their turn."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """How it stands with one stage of a running Zappa, and whether the command goes on."""

    stage: Stage
    command: Command
    report: Report
    settings: IamExtSettings
    in_ci: bool
    session: Any
    settings_file: str = ""

    @property
    def given(self) -> CommandLines:
        """What the command lines that are printed must carry to mean this stage."""
        return CommandLines(self.stage.name, self.settings_file)

    @property
    def refusal(self) -> ExitCode | None:
        """What the command ends with; None when it goes on.

        ``on_missing`` decides about what is denied, ``unknown`` about what could not be decided. What is missing and needed
        only in some states of the account stops nothing.
        """
        if not self.report.results:
            return ExitCode.COULD_NOT_RUN
        role = self.report.role
        if (self.report.stopping or (role and role.refused)) and self.settings.on_missing != "warn":
            return ExitCode.DENIED
        fails = (self.settings.unknown or ("fail" if self.in_ci else "warn")) == "fail"
        undecided = self.report.undecided or (role and role.maybe_refused)
        return ExitCode.CANNOT_TELL if fails and undecided else None

    @property
    def provisions(self) -> bool:
        """Say whether the stage asks to be provisioned: for a command that writes, and never in CI."""
        asked = self.settings.on_missing == "provision" and self.command.name in WRITING
        return asked and not self.in_ci and bool(self.report.denied)


def pass_gate(zappa_cli: Any, *, in_ci: bool, progress: Progress) -> tuple[GateAnswer, ...]:
    """Return the answers for the stages that are to be decided now: this one, with ``--all`` all that are still to come.

    No answer for a stage that turns the gate off for this command, or that was decided before. Provisions what is
    missing where stages ask for it, and only when no other stage is refused.
    """
    decided: set[str] = getattr(zappa_cli, _DECIDED, set())
    if zappa_cli.api_stage in decided:
        decided.discard(zappa_cli.api_stage)
        return ()
    looked = [_answer(cli, in_ci=in_ci, progress=progress) for cli in tuple(_now(zappa_cli))]
    answers = [answer for answer in looked if answer is not None]
    if all(answer.refusal is None or answer.provisions for answer in answers):
        answers = [_provisioned(answer, progress) if answer.provisions else answer for answer in answers]
    return tuple(answers)


def _now(zappa_cli: Any) -> Iterator[Any]:
    """Yield the ``ZappaCLI`` of each stage to decide; commands that write nothing are decided stage by stage."""
    yield zappa_cli
    if zappa_cli.command in WRITING and (zappa_cli.vargs or {}).get("all"):
        others = stages_to_come(zappa_cli)
        setattr(zappa_cli, _DECIDED, {cli.api_stage for cli in others})
        yield from others


def _answer(zappa_cli: Any, *, in_ci: bool, progress: Progress) -> GateAnswer | None:
    stage = stage_from_cli(zappa_cli)
    own = iam_ext_settings(stage)
    command = command_from_cli(zappa_cli)
    if not own.enabled or (own.commands and command.name not in own.commands):
        return None
    for warning in settings_warnings(stage, zappa_cli.stage_config):
        progress(f"warning: {warning}")
    require_sound(AwsOptions().choice(stage.profile_name))
    session = zappa_cli.zappa.boto_session
    report = check_with_session(stage, (command,), session, AwsOptions())
    path = (zappa_cli.vargs or {}).get("settings_file") or ""
    return GateAnswer(stage, command, report, own, in_ci, session, str(path))


def _provisioned(answer: GateAnswer, progress: Progress) -> GateAnswer:
    """Provision what the stage lacks, for the whole life cycle, and look again."""
    from zappa_iam_ext.workflow.provisioning.applying import apply_stages
    from zappa_iam_ext.workflow.provisioning.model import ProvisioningOptions
    from zappa_iam_ext.workflow.provisioning.planning import plan_stages

    options = ProvisioningOptions(answer.settings.admin_profile, only_add=True)
    plans = plan_stages((answer.stage,), life_cycle(), AwsOptions(region=answer.stage.region), options)
    apply_stages(plans, progress=progress)
    report = check_with_session(answer.stage, (answer.command,), answer.session, AwsOptions())
    return replace(answer, report=report)
