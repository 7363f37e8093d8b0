"""What the place can show where text is written to: the width, the marks, the colours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any

from zappa_iam_ext.render.layout.style import WIDTH, Style

_SIGNS = "✓✗…"


def style_of(stream: Any, environment: Mapping[str, str] = os.environ) -> Style:
    """Return the style for a stream.

    Colour: never with ``NO_COLOR`` (no-color.org: any value but an empty one), always with ``FORCE_COLOR`` or
    ``CLICOLOR_FORCE`` (not ``0``), else on a terminal that is not ``dumb``, unless ``CLICOLOR`` is ``0``. Marks beyond ASCII:
    where there would be colour but for ``NO_COLOR``, and the encoding can show them. Width: ``COLUMNS``, which shells do not
    export by themselves, else the terminal's, else 80.
    """
    forced = any(
        environment.get(name, "") not in {"", "0", "false"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")
    )
    terminal = _is_terminal(stream) and environment.get("TERM", "") != "dumb"
    wanted = terminal and environment.get("CLICOLOR", "") != "0"
    return Style(
        width=_width(stream, environment),
        unicode=(terminal or forced) and _encodes(stream),
        colour=(wanted or forced) and not environment.get("NO_COLOR"),
    )


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def _width(stream: Any, environment: Mapping[str, str]) -> int:
    told = environment.get("COLUMNS", "")
    if told.isascii() and told.isdecimal() and int(told):
        return int(told)
    if not _is_terminal(stream):
        return WIDTH
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except (AttributeError, OSError, ValueError):
        return shutil.get_terminal_size((WIDTH, 24)).columns


def _encodes(stream: Any) -> bool:
    try:
        _SIGNS.encode(getattr(stream, "encoding", None) or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True
