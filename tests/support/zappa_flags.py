"""The parser of Zappa's command line, of every version: made by running the lines of its source that make it."""

from __future__ import annotations

import argparse
import ast
from functools import cache
from unittest.mock import Mock

from tests.support.zappa_source import installed_modules, modules

_NOT_MAKING = ("parse_args", "argcomplete", "print_help")


@cache
def zappa_parser(zappa: str = "") -> argparse.ArgumentParser:
    """Return the parser of a version (default: the installed one), made by its own code."""
    tree = ast.parse((modules(zappa) if zappa else installed_modules())["cli.py"])
    (handle,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "handle" and node.args.args
    )
    made = []
    for statement in handle.body:
        text = ast.unparse(statement)
        if any(word in text for word in _NOT_MAKING):
            break
        made.append(statement)
    names = {"argparse": argparse, "__version__": "0", "pkg_resources": Mock()}
    exec(compile(ast.Module(made, []), "cli.py", "exec"), names)  # noqa: S102  -- Zappa's own lines
    return names["parser"]


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    (action,) = (item for item in parser._actions if isinstance(item, argparse._SubParsersAction))
    return dict(action.choices)


def flags(parser: argparse.ArgumentParser) -> dict[tuple[str, ...], bool]:
    """Return the options of a parser, all names of each, and whether it takes a value."""
    return {tuple(item.option_strings): item.nargs != 0 for item in parser._actions if item.option_strings}
