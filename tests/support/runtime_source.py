"""Reads the part of Zappa's source that runs in the function, any version of it, and lists every AWS call it contains.

That part is what Lambda and applications import (`RUNTIME`), and of the modules that the deployer's machine shares with it
what they reach by name. The reading is that of `zappa_source`, class by class: in the function's code two classes call
different clients by one name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version

from tests.support.zappa_source import (
    RUNTIME,
    Names,
    Site,
    Source,
    functions_of,
    installed_modules,
    learn,
    modules,
    operations_of,
)

#: Modules of Zappa that the package holds and that only the deployer's machine runs.
ELSEWHERE = ("cli.py", "core.py", "letsencrypt.py", "policies.py")
#: The name under which statements outside any function stand.
MODULE = "module"


@cache
def runtime_source(zappa: str = "") -> Source:
    """Return what runs in the function of a version; without one, of the installed version."""
    return read(modules(zappa) if zappa else installed_modules(), zappa or version("zappa"))


def read(texts: Mapping[str, str], zappa: str) -> Source:
    """Return what of these modules runs in the function."""
    sites: set[Site] = set()
    functions: set[str] = set()
    unread: list[str] = []
    for module, tree in parts(texts).items():
        for function, node, names in _units(tree):
            place = f"{module}: {function}"
            functions.add(place)
            found = operations_of(names, place, node, unread)
            sites |= {Site(service, operation, module, function) for service, operation in found}
    return Source(zappa, frozenset(sites), frozenset(functions), tuple(unread))


def parts(texts: Mapping[str, str]) -> dict[str, ast.Module]:
    """Return each module that the function imports, cut to what of it can run there."""
    trees = {name: ast.parse(text) for name, text in texts.items()}
    found = {name: trees[name] for name in RUNTIME if name in trees}
    waiting = list(found)
    wanted: dict[str, set[str]] = {}
    while waiting:
        for module, name in _imported(found[waiting.pop()], trees):
            if module in RUNTIME or name in wanted.setdefault(module, set()):
                continue
            wanted[module].add(name)
            found[module] = _reached(trees[module], wanted[module])
            waiting.append(module)
    return found


def imported_elsewhere(texts: Mapping[str, str]) -> set[str]:
    """Return the modules of the deployer's machine that the function's code imports: their calls would be the function's."""
    return set(parts(texts)) & set(ELSEWHERE)


def _imported(tree: ast.AST, trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """Yield what a module takes of other modules of Zappa: the module, and the name in it (``*``: all)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "zappa"):
            base = (node.module or "") if node.level else (node.module or "").partition(".")[2]
            for alias in node.names:
                inner = f"{base}/{alias.name}".strip("/").replace(".", "/") + ".py"
                file = base.replace(".", "/") + ".py"
                if inner in trees:
                    yield inner, "*"
                elif file in trees:
                    yield file, alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                file = alias.name.removeprefix("zappa.").replace(".", "/") + ".py"
                if alias.name.startswith("zappa.") and file in trees:
                    yield file, "*"


def _reached(tree: ast.Module, names: set[str]) -> ast.Module:
    """Return a module without the functions and classes that none of some names leads to."""
    if "*" in names:
        return tree
    made = {node.name: node for node in tree.body if isinstance(node, _DEFINITIONS)}
    reached, waiting = set(), [name for name in names if name in made]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            used = {node.id for node in ast.walk(made[name]) if isinstance(node, ast.Name)}
            waiting += used & set(made)
    body = [node for node in tree.body if not isinstance(node, _DEFINITIONS) or node.name in reached]
    return ast.Module(body=body, type_ignores=[])


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _units(tree: ast.Module) -> Iterator[tuple[str, ast.AST, Names]]:
    """Yield every function of a module with the clients it can see, and what stands outside any."""
    outside = ast.Module(
        body=[node for node in tree.body if not isinstance(node, ast.ClassDef)], type_ignores=[]
    )
    shared = learn(outside, Names())
    loose = [node for node in tree.body if not isinstance(node, _DEFINITIONS)]
    yield MODULE, ast.Module(body=loose, type_ignores=[]), shared
    for name, node in functions_of(outside):
        yield name, node, shared
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            alone = ast.Module(body=[node], type_ignores=[])
            names = learn(alone, shared.copy())
            for name, function in functions_of(alone):
                yield name, function, names
