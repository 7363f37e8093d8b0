"""The row that a call in Zappa's source needs, ready to paste: what its source and the rows that there are say of it.

What only a person can know is left to fill in: why Zappa makes the call, under which settings, and what a denial does.
"""

from __future__ import annotations

import ast
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version
from itertools import takewhile
from typing import Any

from botocore import xform_name

from tests.support.zappa_source import Site, Source, installed_modules, modules, source
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.tables.reading import read
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, parse_version

FOLDER = "permissions/tables/zappa_calls"
#: The row's `because` until a person has said why; a row that still says so is refused.
UNSAID = "Zappa ..."


def new_rows(sites: Iterable[Site], zappa: str = "") -> str:
    """Return the rows for these sites of a version (default: the installed one), each with the file it belongs to."""
    texts = modules(zappa) if zappa else installed_modules()
    return "\n\n".join(_row(site, zappa or version("zappa"), texts) for site in sites)


def _row(site: Site, zappa: str, texts: Mapping[str, str]) -> str:
    since, until = span(site, zappa)
    commands = commands_of(site, texts)
    parameters = ", ".join(f'{name} = "{value}"' for name, value in parameters_of(site, texts).items())
    lines = [
        f"# to {FOLDER}/{part_of(site)}.toml:",
        "[[call]]",
        f'service = "{site.service}"',
        f'operation = "{site.operation}"',
        f"commands = [{', '.join(f'{chr(34)}{name}{chr(34)}' for name in commands)}]",
        f"parameters = {{ {parameters} }}" if parameters else "",
        f'because = "{UNSAID}"',
        f'source = "{site.place}"',
        'on_denied = "stops"',
        f'since = "{since}"' if since else "",
        f'until = "{until}"' if until else "",
        '# when = ["a feature"] and setting = "its setting", where Zappa makes the call only then;',
        '# on_denied = "silent" (with symptom = "what is then wrong") or "harmless", where Zappa goes on without it',
    ]
    return "\n".join(line for line in lines if line)


def span(site: Site, zappa: str, read_source: Callable[[str], Source] = source) -> tuple[str, str]:
    """Return the first and the last version that make the call around this one; empty where it is the oldest or newest.

    A version whose source cannot be had counts as one that does not make it: its own drift test tells otherwise.
    """
    known = sorted({*ZAPPA_VERSIONS, version("zappa"), zappa}, key=parse_version)
    here = known.index(zappa)
    older = list(takewhile(lambda name: _makes(site, name, read_source), reversed(known[:here])))
    newer = list(takewhile(lambda name: _makes(site, name, read_source), known[here + 1 :]))
    first, last = [zappa, *older][-1], [zappa, *newer][-1]
    return ("" if first == known[0] else first), ("" if last == known[-1] else last)


def _makes(site: Site, zappa: str, read_source: Callable[[str], Source]) -> bool:
    try:
        return site in read_source("" if zappa == version("zappa") else zappa).sites
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False


def part_of(site: Site) -> str:
    """Return the part of the table whose rows are nearest: of the same function, else of the same service."""
    places = Counter[str]()
    for part, row in _known():
        same = (2 * (site.function in row["source"])) + (row["service"] == site.service)
        places[part] += same
    return places.most_common(1)[0][0]


def parameters_of(site: Site, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of the call, each as most rows of the service write it, ``*`` where none has it."""
    names = [
        name for call in _calls(site, texts) for name in (keyword.arg for keyword in call.keywords) if name
    ]
    written: dict[str, Counter[str]] = {}
    for _, row in _known():
        if row["service"] == site.service:
            for name, value in row.get("parameters", {}).items():
                if isinstance(value, str):
                    written.setdefault(name, Counter())[value] += 1
    return {
        name: written[name].most_common(1)[0][0] if name in written else "*" for name in dict.fromkeys(names)
    }


def commands_of(site: Site, texts: Mapping[str, str]) -> list[str]:
    """Return the commands from whose method in ``cli.py`` the site can be reached, by the names of methods."""
    reached = {
        command: set(_reached(command, _callees(tuple(sorted(texts.items()))))) for command in COMMANDS
    }
    name = site.function.rpartition(".")[2]
    return [command for command in COMMANDS if name in reached[command]]


def _reached(start: str, callees: Mapping[str, frozenset[str]]) -> Iterator[str]:
    waiting, seen = [start], {start}
    while waiting:
        name = waiting.pop()
        yield name
        new = callees.get(name, frozenset()) - seen - set(COMMANDS)
        seen |= new
        waiting += new


@lru_cache(maxsize=2)
def _callees(texts: tuple[tuple[str, str], ...]) -> Mapping[str, frozenset[str]]:
    """Return which methods the methods of a name call on `self` and on the Zappa of the command line."""
    found: dict[str, set[str]] = {}
    for name, text in texts:
        if name in {"cli.py", "core.py"}:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    called = {
                        call.func.attr
                        for call in ast.walk(node)
                        if isinstance(call, ast.Call)
                        and isinstance(call.func, ast.Attribute)
                        and _is_own(call.func.value)
                    }
                    found.setdefault(node.name, set()).update(called)
    return {name: frozenset(called) for name, called in found.items()}


def _is_own(node: ast.AST) -> bool:
    return ast.unparse(node) in {"self", "self.zappa", "self.zappa.core"}


def _calls(site: Site, texts: Mapping[str, str]) -> Iterator[ast.Call]:
    method = xform_name(site.operation)
    name = site.function.rpartition(".")[2]
    for node in ast.walk(ast.parse(texts[site.module])):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for call in ast.walk(node):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr == method
                ):
                    yield call


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return every row as it stands in its file, with the name of its part."""
    rows = (
        (entry.place.rpartition("/")[2].partition(".toml")[0], entry.values)
        for entry in read("zappa_calls", "call")
    )
    return tuple(rows)
