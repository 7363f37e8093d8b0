"""What a command tells on stderr while it is at work."""

from __future__ import annotations

import click


def say_progress(text: str) -> None:
    """Tell what is done now."""
    click.echo(f"  {text} ...", err=True)


def silent(_: str) -> None:
    """Tell nothing: the user asked for quiet."""
