"""What ``can-i`` asks about a stage: one action with the resources and the context it needs, or all that it needs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.shared.options import AwsOptions, read
from zappa_iam_ext.cli.shared.output import is_masked, say
from zappa_iam_ext.errors import ExitCode, SettingsError
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.iam import AuthorizationRequest
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.workflow.deciding.asking import Answering


@dataclass(frozen=True, slots=True)
class Question:
    """What was given: the action, the resource if one was, the stage if one was, the files that answer offline."""

    action: str
    resource: str
    stage: str
    settings_file: Path | None
    policies: tuple[Path, ...]
    context: Mapping[str, str | list[str] | None]
    options: AwsOptions


def stage_of(question: Question, *, needed: bool = False) -> Stage | None:
    """Return the stage that is asked about: the one named; without a resource and online, the only one of the settings.

    ``needed`` is for a question that is none without a stage; it raises `SettingsError` where there is none.
    """
    from zappa_iam_ext.settings_file import settings_path, stage_names

    offline = bool(question.policies)
    if not question.stage and not needed:
        if question.resource or offline or settings_path(question.settings_file) is None:
            return None
        try:
            if len(stage_names(question.settings_file)) != 1:
                return None
        except SettingsError:
            return None
    (stage,) = read(
        question.stage or None,
        question.settings_file,
        all_stages=False,
        options=question.options,
        credentials="unused" if offline else "used",
    )
    return stage


def asked(question: Question, stage: Stage) -> tuple[Answering, tuple[AuthorizationRequest, ...]]:
    """Return who answers and what is asked; raise `SettingsError` for an action that the stage does not need."""
    from zappa_iam_ext.workflow.deciding.asking import answering, answering_offline

    if question.policies:
        held = answering_offline(stage, life_cycle(), question.policies)
    else:
        held = answering(stage, life_cycle(), question.options)
    requests = held.requests(question.action)
    if question.resource:
        fitting = [item for item in requests if item.resource == question.resource]
        requests = tuple(fitting) or _of_resource(question, held)
    if not requests:
        raise SettingsError(
            f"stage {stage.name} never needs {question.action[:100]}, and no RESOURCE says what it is asked about",
            hint=f"`zappa-iam can-i --list --stage {stage.name}` shows what it needs; * is everything.",
        )
    if not question.stage:
        click.echo(
            f"note: asked for stage {stage.name}, on what it needs; give RESOURCE for another", err=True
        )
    return held, tuple(replace(item, context={**item.context, **question.context}) for item in requests)


def _of_resource(question: Question, held: Answering) -> tuple[AuthorizationRequest, ...]:
    from zappa_iam_ext.iam import AuthorizationRequest

    request = AuthorizationRequest(
        principal=held.principal,
        action=question.action,
        resource=question.resource,
        context=dict(held.facts or {}),
        unknown_context=True,
    )
    return (request,)


def list_needed(question: Question, output: str, formats: Sequence[str] = ("text", "json")) -> ExitCode:
    """Tell what the profile may do of what the stage needs; return the exit code that a check has."""
    from zappa_iam_ext.render.permission_list import permission_list_json, permission_list_text
    from zappa_iam_ext.workflow import check_offline, check_stage

    if output not in formats:
        raise SettingsError(
            f"--list is {' or '.join(formats)}, not {output}", hint="`zappa-iam check` has all formats."
        )
    stage = stage_of(question, needed=True)
    assert stage  # noqa: S101  -- one is needed
    if question.policies:
        report = check_offline(stage, life_cycle(), question.policies, "")
    else:
        report = check_stage(stage, life_cycle(), question.options)
    code = report.exit_code()
    report = masked_values(report) if is_masked() else report
    say(
        permission_list_json(report)
        if output == "json"
        else permission_list_text(report, style_of(sys.stdout))
    )
    return code
