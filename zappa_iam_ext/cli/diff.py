"""``zappa-iam diff``: what another Zappa, other settings or a policy document change about what is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.shared.options import (
    Selection,
    read,
    require_account_id,
    selects_commands,
)
from zappa_iam_ext.cli.shared.output import (
    chosen,
    is_masked,
    machine_text,
    own_version,
    positions,
    report_options,
    say,
)
from zappa_iam_ext.errors import ExitCode, SettingsError, worst
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.model import Command
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.render.difference import Compared
    from zappa_iam_ext.workflow.deciding.comparing import Comparison


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is compared with what."""

    selected: Selection
    from_zappa: str
    to_zappa: str
    from_settings: Path | None
    policy_files: tuple[Path, ...]
    profile_policy: bool
    account: str

    @property
    def here(self) -> str:
        """The settings that hold now, as a message names them."""
        return str(self.selected.settings_file or "the settings here")

    def of_check(self) -> tuple[str, ...]:
        """Return the options of `zappa-iam check` that ask the same of the policies."""
        selected, aws = self.selected, self.selected.aws
        given = [("--settings-file", str(selected.settings_file or "")), ("--region", aws.region)]
        given += [("--policy", str(path)) for path in self.policy_files]
        if self.policy_files:
            given.append(("--account", self.account))
        else:
            given += [("--profile", aws.profile), ("--endpoint-url", aws.endpoint_url)]
        given += [("--command", line) for line in selected.command_lines]
        return tuple(word for option, value in given if value for word in (option, value))

    def check(self) -> None:
        """Refuse what cannot be compared."""
        settings = bool(self.from_zappa or self.from_settings)
        kinds = (settings, bool(self.policy_files), self.profile_policy)
        if not any(kinds) and self.to_zappa:
            return
        if not any(kinds):
            raise SettingsError(
                "nothing to compare with",
                hint="Give --from-zappa, --from-settings, --policy or --profile-policy.",
            )
        if sum(kinds) > 1:
            raise SettingsError(
                "policies are compared with what is needed now, not with another Zappa or other settings",
                hint="Give one of --from-zappa/--from-settings, --policy and --profile-policy.",
            )


@click.command("diff")
@selects_commands
@click.option(
    "--from-zappa", default="", metavar="VERSION", help="Compare with what this version of Zappa needs."
)
@click.option("--to-zappa", default="", metavar="VERSION", help="Default: the installed version.")
@click.option("--from-settings", type=click.Path(path_type=Path), help="Compare with another settings file.")
@click.option(
    "--policy",
    "policy_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Compare with what these documents allow.",
)
@click.option(
    "--profile-policy", is_flag=True, help="Compare with what the profile's user holds, read from AWS."
)
@click.option("--account", default="", callback=require_account_id, help="AWS account id; default: any.")
@report_options
@click.option("-v", "--verbose", is_flag=True, help="List every permission and every grant in full.")
def command(
    selected: Selection,
    from_zappa: str,
    to_zappa: str,
    from_settings: Path | None,
    policy_files: tuple[Path, ...],
    profile_policy: bool,
    account: str,
    as_json: bool,
    output: str,
    verbose: bool,
) -> None:
    """Show what STAGE needs more or less than before, or than a policy allows.

    What a policy allows beyond is told by action, resource and condition. Offline but for --profile-policy. Exit
    codes: 0 nothing more is needed, 1 more is needed, 2 could not compare, 3 something could not be decided.
    """
    asked = _Asked(selected, from_zappa, to_zappa, from_settings, policy_files, profile_policy, account)
    asked.check()
    commands = selected.commands
    resolved = [_resolved(item, asked, to_zappa) for item in selected.read("unused")]
    compare = _comparing(resolved, asked, commands)
    compared = [compare(item) for item in resolved]
    compared += [_with_no_stage(name, asked, commands) for name in _gone(resolved, asked)]
    say(_text(compared, chosen(output, as_json=as_json), selected, verbose=verbose))
    raise SystemExit(worst(_exit_code(item) for item in compared))


def _exit_code(compared: Compared) -> ExitCode:
    if compared.change.added:
        return ExitCode.DENIED
    return ExitCode.CANNOT_TELL if compared.undecided else ExitCode.OK


def _resolved(stage: Stage, asked: _Asked, version: str) -> Stage:
    """Return the stage in the account and under the version of Zappa that were asked for."""
    from zappa_iam_ext.permissions.difference import known_version

    if version:
        stage = replace(stage, zappa_version=known_version(version, stage.zappa_version))
    return stage.with_account(asked.account) if asked.account else stage


def _comparing(
    stages: Sequence[Stage], asked: _Asked, commands: Sequence[Command]
) -> Callable[[Stage], Compared]:
    """Return what compares one of these stages with what was asked for."""
    if asked.profile_policy:
        from zappa_iam_ext.workflow.deciding.comparing import compared_with_profiles

        found = compared_with_profiles(stages, commands, asked.selected.aws)
        return lambda stage: _with_policies(stage, stages, asked, *found(stage))
    if asked.policy_files:
        from zappa_iam_ext.workflow.deciding.comparing import compared_with_files

        files, label = asked.policy_files, ", ".join(str(path) for path in asked.policy_files)
        return lambda stage: _with_policies(
            stage, stages, asked, compared_with_files(stage, stages, commands, files), label
        )
    return lambda stage: _with_another_stage(stage, asked, commands)


def _with_policies(
    now: Stage, stages: Sequence[Stage], asked: _Asked, found: Comparison, label: str
) -> Compared:
    from zappa_iam_ext.render.difference import Compared

    return Compared(
        stage=now.name,
        before=label,
        after=f"Zappa {asked.to_zappa or now.zappa_version}",
        change=found.missing,
        before_allows=True,
        surplus=found.surplus,
        undecided=found.undecided,
        sources=found.sources,
        lines=found.lines,
        needing=tuple(stage.name for stage in stages),
        asked=asked.of_check(),
    )


def _with_another_stage(now: Stage, asked: _Asked, commands: Sequence[Command]) -> Compared:
    """Compare with the same stage under another Zappa, or in another settings file, or both.

    With --all, a stage that the other file does not have is new and no mistake.
    """
    from zappa_iam_ext.permissions.difference import difference
    from zappa_iam_ext.permissions.requirements import requirements
    from zappa_iam_ext.render.difference import Compared
    from zappa_iam_ext.settings_file import stage_names

    if asked.selected.all_stages and asked.from_settings and now.name not in stage_names(asked.from_settings):
        change = difference((), requirements(now, commands))
        return Compared(now.name, f"{asked.from_settings} without the stage", asked.here, change)
    then = _stage_then(now.name, asked)
    before = f"Zappa {asked.from_zappa or then.zappa_version}"
    after = f"Zappa {asked.to_zappa or now.zappa_version}"
    if asked.from_settings:
        same = then.zappa_version == now.zappa_version
        before = str(asked.from_settings) if same else f"{asked.from_settings} under {before}"
        after = asked.here if same else f"{asked.here} under {after}"
    change = difference(requirements(then, commands), requirements(now, commands))
    return Compared(now.name, before, after, change)


def _with_no_stage(name: str, asked: _Asked, commands: Sequence[Command]) -> Compared:
    """Compare a stage that only the other settings file has with nothing."""
    from zappa_iam_ext.permissions.difference import difference
    from zappa_iam_ext.permissions.requirements import requirements
    from zappa_iam_ext.render.difference import Compared

    change = difference(requirements(_stage_then(name, asked), commands), ())
    return Compared(name, str(asked.from_settings), f"{asked.here} without the stage", change)


def _stage_then(name: str, asked: _Asked) -> Stage:
    file = asked.from_settings or asked.selected.settings_file
    (then,) = read(name, file, all_stages=False, options=asked.selected.aws, credentials="unused")
    return _resolved(then, asked, asked.from_zappa)


def _gone(stages: Sequence[Stage], asked: _Asked) -> Sequence[str]:
    """Return the stages that, with --all, only the other settings file has."""
    from zappa_iam_ext.settings_file import stage_names

    if not (asked.selected.all_stages and asked.from_settings):
        return ()
    here = {stage.name for stage in stages}
    return [name for name in stage_names(asked.from_settings) if name not in here]


def _text(compared: Sequence[Compared], output: str, selected: Selection, *, verbose: bool) -> str:
    from zappa_iam_ext.render.difference import difference_in_full, difference_json, difference_text
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.items.difference import items, summary

    if is_masked():
        compared = masked_values(list(compared))
    if output == "json":
        return difference_json(compared, as_list=selected.all_stages)
    if output == "text":
        style = style_of(sys.stdout)
        return "\n\n".join(
            difference_in_full(item) if verbose else difference_text(item, style) for item in compared
        )
    where = positions(selected.settings_file)
    told = Told(
        "zappa-iam diff",
        own_version(),
        tuple(found for item in compared for found in items(item, where)),
        tuple(summary(item, where) for item in compared),
    )
    return machine_text(told, output)
