"""What every command that reports shares: the formats, the mask, where settings stand, and how it is said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zappa_iam_ext.cli.shared.report_file import STDOUT, require_writable, write_output
from zappa_iam_ext.mask import masked, masked_values
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.report.items import Positions

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
FORMATS = ("text", "json", "github", "gitlab", "markdown", "sarif", "junit", "html")
_FILE = f"{__name__}.file"
WORKSPACE = "GITHUB_WORKSPACE"


def report_options(function: Decorated) -> Decorated:
    """Add ``--format --json --output --mask-account`` of a command that reports."""
    function = click.option(
        "--mask-account",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_mask,
        help="Show XXXXXXXXXXXX instead of account ids, in every format and message.",
    )(function)
    function = click.option(
        "-o",
        "--output",
        "report_file",
        metavar="FILE",
        expose_value=False,
        callback=_to_file,
        help="Write the report to this file, over what it held; `-` is stdout.",
    )(function)
    function = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")(function)
    return click.option(
        "--format",
        "output",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="json is one document (docs/schemas/), github annotates a workflow, gitlab is Code Quality, html a page.",
    )(function)


class _Masked:
    """A stream in which account ids are hidden, whoever writes: a warning or an error, too.

    It stays for the rest of the process: errors are told when the command has ended.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: Any) -> int:
        """Write text or bytes, masked."""
        if isinstance(text, bytes):
            self._stream.write(
                masked(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
            )
        else:
            self._stream.write(masked(text))
        return len(text)

    @property
    def buffer(self) -> _Masked:
        """The bytes behind the text, masked too."""
        return _Masked(self._stream.buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _mask(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    context.meta[__name__] = True
    sys.stdout, sys.stderr = _Masked(sys.stdout), _Masked(sys.stderr)


def is_masked() -> bool:
    """Say whether account ids are hidden in this run."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(__name__))


def _to_file(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value and not context.resilient_parsing:
        require_writable(value)
        context.meta[_FILE] = value


def report_file() -> Path | None:
    """Return the file that the report is written to; None for stdout."""
    context = click.get_current_context(silent=True)
    named = context.meta.get(_FILE, STDOUT) if context else STDOUT
    return None if named == STDOUT else Path(named)


def say(text: str, *, quiet: bool = False) -> None:
    """Write what was found: to the file that was asked for, else to stdout, coloured where that is wanted.

    Nothing is written to stdout for an empty text, or when ``quiet``.
    """
    path = report_file()
    if path is not None:
        plain = click.unstyle(text)
        write_output(path, masked(plain) if is_masked() else plain)
        if not quiet:
            click.echo(f"Written to {path}.", err=True)
    elif text and not quiet:
        click.echo(text, color=style_of(sys.stdout).colour)


def chosen(output: str, *, as_json: bool) -> str:
    """Return the format: ``--json`` is one."""
    return "json" if as_json else output


def machine_text(told: Told, output: str) -> str:
    """Return what was found in a format of others."""
    from zappa_iam_ext.render import formats

    renderers = {
        "github": formats.github_text,
        "gitlab": formats.code_quality_text,
        "markdown": formats.markdown_text,
        "sarif": formats.sarif_text,
        "junit": formats.junit_text,
        "html": _page,
    }
    return renderers[output](masked_values(told) if is_masked() else told)


def _page(told: Told) -> str:
    from zappa_iam_ext.render.html import html_text

    return html_text(told, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


def own_version() -> str:
    """Return the version of this library."""
    return version("zappa-iam-ext")


def positions(settings_file: Path | None) -> Positions:
    """Return where the settings stand: the lines of the file that was named, or that Zappa finds."""
    from zappa_iam_ext.render.report.items import NOWHERE, Positions
    from zappa_iam_ext.settings.positions import setting_line, stage_lines
    from zappa_iam_ext.settings_file import settings_path

    path = settings_path(settings_file)
    if path is None:
        return NOWHERE
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        return NOWHERE
    lines = stage_lines(text, path.name)
    return Positions(relative(path), lambda stage, setting: setting_line(lines, stage, setting))


def relative(path: str | Path) -> str:
    """Return a path with forward slashes, from where a repository begins in a workflow of GitHub, else from here.

    A file on another drive is told by its name.
    """
    full = Path(path).absolute()
    workspace = os.environ.get(WORKSPACE, "")
    start = Path(workspace) if workspace and full.is_relative_to(workspace) else Path.cwd()
    try:
        return Path(os.path.relpath(full, start)).as_posix()
    except ValueError:
        return full.name
