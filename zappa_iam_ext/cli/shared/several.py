"""Several stages one after the other: an error of one does not keep the others from being told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from zappa_iam_ext.errors import ZappaIamError

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.render.report.failed import NotChecked

Found = TypeVar("Found")


def each_stage(
    stages: Sequence[Stage], ask: Callable[[Stage], Found], *, all_stages: bool
) -> tuple[list[Found], list[NotChecked]]:
    """Ask stage by stage; with ``--all`` an error of one does not keep the others from being asked."""
    from zappa_iam_ext.render.report.failed import NotChecked

    answers: list[Found] = []
    failed: list[NotChecked] = []
    for stage in stages:
        try:
            answers.append(ask(stage))
        except ZappaIamError as error:
            if not all_stages:
                raise
            failed.append(NotChecked(stage.name, str(error), error.hint, error.exit_code))
    return answers, failed
