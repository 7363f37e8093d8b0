"""The command line of this run, written again with other options: advice that can be pasted."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
from click.core import ParameterSource


def again(*more: str, without: str) -> str:
    """Return the command line as it was given, but for the option whose parameter is ``without``, and ``more`` behind it."""
    context = click.get_current_context()
    words = ["zappa-iam", context.info_name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        if name != without and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            words += _words(parameter, context.params[name])
    return shlex.join([*words, *more])


def _words(parameter: click.Parameter, value: object) -> Iterator[str]:
    values = value if isinstance(value, tuple | list) else (value,)
    if isinstance(parameter, click.Argument):
        yield from map(str, values)
    elif isinstance(parameter, click.Option) and parameter.is_flag:
        yield parameter.opts[-1] if value else parameter.secondary_opts[-1]
    else:
        for each in values:
            yield from (parameter.opts[-1], str(each))
