"""Reads our own source as text and lists every AWS call in it, with the function it stands in. Nothing is run.

A client is what is called after its service (``iam``, ``s3``, ``lambda_``), with or without a ``self.`` and an underscore. An operation is a method of
a client, or a string that is the name of one and is handed to what pages it, or what a change of a plan names in a
``Call``. A name that is put together when the program runs would hide a call, so it is told.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from tests.support.zappa_source import operations

PACKAGE = Path(__file__).parents[2] / "zappa_iam_ext"
#: What makes AWS calls of our own. ``rehearsal/`` speaks to the local AWS alone, which a test holds there.
SCOPE = ("aws", "workflow", "cli", "plan")
SERVICES = {name: name for name in ("cloudformation", "ec2", "iam", "s3", "sts")} | {"lambda_": "lambda"}
#: Methods of every client that call nothing.
_SILENT = frozenset({"exceptions", "meta", "can_paginate", "get_paginator"})


@dataclass(frozen=True, slots=True, order=True)
class OwnSite:
    """One API operation in one function of ours."""

    service: str
    operation: str
    place: str


def own_sites(texts: dict[str, str] | None = None) -> tuple[frozenset[OwnSite], tuple[str, ...]]:
    """Return the sites of these modules (default: the package's), and what could not be read."""
    sites: set[OwnSite] = set()
    unread: list[str] = []
    for module, text in (texts or _modules()).items():
        for name, node in _functions(ast.parse(text), ""):
            _read(node, f"{module}: {name}", sites, unread)
    return frozenset(sites), tuple(unread)


def _modules() -> dict[str, str]:
    paths = [*PACKAGE.glob("*.py"), *(path for room in SCOPE for path in (PACKAGE / room).rglob("*.py"))]
    return {str(path.relative_to(PACKAGE)): path.read_text("utf-8") for path in sorted(paths)}


def _functions(tree: ast.AST, prefix: str):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{node.name}.")


def _read(function: ast.AST, place: str, sites: set[OwnSite], unread: list[str]) -> None:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and (service := _client(node.value)):
            if found := operations(service).get(node.attr, ()):
                sites |= {OwnSite(service, operation, place) for operation in found}
            elif node.attr not in _SILENT:
                unread.append(f"{place}, line {node.lineno}: {ast.unparse(node)} is no operation")
        elif isinstance(node, ast.Call):
            _read_call(node, place, sites, unread)


def _read_call(call: ast.Call, place: str, sites: set[OwnSite], unread: list[str]) -> None:
    named = (
        isinstance(call.func, ast.Name) and call.func.id == "getattr" and call.args and _client(call.args[0])
    )
    if named:
        unread.append(f"{place}, line {call.lineno}: {ast.unparse(call)} finds its method by name")
    if isinstance(call.func, ast.Name) and call.func.id == "Call" and place.startswith("plan/"):
        names = [argument.value for argument in call.args[:2] if isinstance(argument, ast.Constant)]
        if len(names) == len(call.args[:2]):
            sites.add(OwnSite(*map(str, names), place))
        else:
            unread.append(f"{place}, line {call.lineno}: {ast.unparse(call)} is put together")
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    for argument in call.args[:1]:
        pages = method in {"get_paginator", "get_waiter"} or method == "_pages"
        if isinstance(argument, ast.Constant) and pages:
            client = call.func.value if isinstance(call.func, ast.Attribute) else call
            service = _client(client) or "iam"
            found = operations(service).get(str(argument.value), ())
            sites |= {OwnSite(service, operation, place) for operation in found}
        elif pages and not isinstance(argument, ast.Name):
            unread.append(f"{place}, line {call.lineno}: {ast.unparse(argument)} is put together")


def _client(node: ast.AST) -> str:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return SERVICES.get(name.lstrip("_"), "")
