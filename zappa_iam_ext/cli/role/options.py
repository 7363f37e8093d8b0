"""What the commands about the execution role share: the stage, and the role as it is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def role_options(function: Decorated) -> Decorated:
    """Add ``[STAGE] --all -s/--settings-file``."""
    function = click.argument("stage", required=False)(function)
    function = click.option("--all", "all_stages", is_flag=True, help="Every stage of the settings file.")(
        function
    )
    return click.option(
        "-s",
        "--settings-file",
        type=click.Path(path_type=Path),
        help="The Zappa settings file; found as Zappa does.",
    )(function)
