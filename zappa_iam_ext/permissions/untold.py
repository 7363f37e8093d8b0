"""What follows from no setting, and so is neither granted nor checked: told beside a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage

#: The commands that meet every rule that has the function as a target (``core.py``, ``get_event_rule_names_for_lambda``).
_MEETS_RULES = frozenset({"deploy", "update", "schedule", "unschedule", "undeploy", "status"})


def untold(stage: Stage, commands: Iterable[Command]) -> tuple[str, ...]:
    """Return what of the account the settings of the stage cannot tell and these commands may meet."""
    return tuple(_untold(stage, {command.name for command in commands}))


def path_of_role(stage: Stage) -> str:
    """Return the words for what only the role itself, or its ARN in the settings, tells."""
    return f"a path of the role {stage.role.name}, which role_arn would tell"


def _untold(stage: Stage, commands: set[str]) -> Iterator[str]:
    if stage.role.arn is None and (not stage.role.managed or "role_name" in stage.settings):
        yield path_of_role(stage)
    if commands & _MEETS_RULES:
        yield "EventBridge rules that others made for the function, or that event sources named formerly"
