"""A stage that could not be checked while others were. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.render.formats.model import Failed, Place
from zappa_iam_ext.render.layout.style import Mark, Style
from zappa_iam_ext.render.text import columns, line, wrapped


@dataclass(frozen=True, slots=True)
class NotChecked:
    """The stage, why it could not be checked, and what to do."""

    stage: str
    message: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.COULD_NOT_RUN


def failed_lines(failed: NotChecked, style: Style) -> Iterator[str]:
    """Yield the stage and why, then the hint."""
    sign = style.mark(Mark.UNKNOWN)
    indent = " " * (columns(sign) + 1)
    told = f"stage {line(failed.stage)} could not be checked: {line(failed.message)}"
    yield from (
        style.painted(each, Mark.UNKNOWN) for each in wrapped(told, style.columns, f"{sign} ", indent)
    )
    for each in failed.hint.splitlines():
        yield from wrapped(line(each), style.columns, indent, indent)


def of_formats(failed: NotChecked, place: Place) -> Failed:
    """Return it for the formats of others."""
    return Failed(failed.stage, failed.message, failed.hint, place)
