"""Text for the workflow commands of GitHub Actions (GitHub Docs, Workflow commands for GitHub Actions)."""

from __future__ import annotations

from zappa_iam_ext.render.text import plain


def data(text: str) -> str:
    """Return a text as the message of a command: one line, and no command of its own.

    The runner reads ``##[command]`` anywhere in a line, ``::command::`` at its beginning (actions/runner, ActionCommand).
    """
    escaped = plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace("##[", "## [")


def property_value(text: str) -> str:
    """Return a text as the value of a command's property."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
