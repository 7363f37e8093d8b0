"""Reads from Zappa's source, as text, which settings it reads and where: at the top of a stage, and inside of tables and lists."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.support.zappa_source import DEPLOYER, functions_of, installed_modules, modules

#: The names by which functions hold a part of the settings; of two the longer place decides.
HOLDERS: Mapping[str, str] = {
    "alb_vpc_config": "alb_vpc_config",
    "authorizer": "authorizer",
    "bot_event": "bot_events[]",
    "cognito": "cognito",
    "cognito_config": "cognito",
    "efs": "efs_config[]",
    "ephemeral_storage": "ephemeral_storage",
    "event": "events[]",
    "event_source": "events[].event_source",
    "function_url_config": "function_url_config",
    "trigger": "cognito.triggers[]",
    "vpc_config": "vpc_config",
    # the event sources of utilities.py and of kappa
    "_config": "events[].event_source",
}
#: `config` is an event source's where an event source is made.
_MADE = "EventSource.__init__"
#: Functions whose `event` is a request.
_REQUESTS = ("utilities.py: merge_headers",)
#: Names that hold the settings of a stage.
_STAGE = ("stage_config",)
#: Where Zappa reads settings by a name that is a variable: the lists of these names are read instead.
LISTS = ("CUSTOM_SETTINGS", "DOCKER_INCOMPATIBLE_SETTINGS")


@dataclass(frozen=True, slots=True)
class Read:
    """What one version reads: names with the places that read them, the words of each place, and what is not readable."""

    names: Mapping[str, frozenset[str]]
    words: Mapping[str, frozenset[str]]
    unread: tuple[str, ...]


def settings_read(zappa: str = "") -> Read:
    """Return the settings that a version of Zappa (default: the installed one) reads."""
    texts = modules(zappa) if zappa else installed_modules()
    return read({name: text for name, text in texts.items() if name in DEPLOYER or name.startswith("kappa/")})


def read(texts: Mapping[str, str]) -> Read:
    """Return the settings that these modules read."""
    names: dict[str, set[str]] = {}
    words: dict[str, frozenset[str]] = {}
    unread: list[str] = []
    for module, text in sorted(texts.items()):
        tree = ast.parse(text)
        for name in _listed(tree, words, module):
            names.setdefault(name, set()).add(f"{module}: CUSTOM_SETTINGS")
        for function, node in functions_of(tree):
            place = f"{module}: {function}"
            words[place] = words.get(place, frozenset()) | _words(node)
            for name in _names(node, place, unread):
                names.setdefault(name, set()).add(place)
    return Read({name: frozenset(places) for name, places in names.items()}, words, tuple(unread))


def _words(node: ast.AST) -> frozenset[str]:
    return frozenset(
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    )


def _listed(tree: ast.AST, words: dict[str, frozenset[str]], module: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(getattr(item, "id", "") in LISTS for item in node.targets):
            words[f"{module}: {node.targets[0].id}"] = _words(node.value)
            yield from _words(node.value)


def _names(function: ast.AST, place: str, unread: list[str]) -> Iterator[str]:
    """Yield the dotted name of every setting that a function reads."""
    if place in _REQUESTS:
        return
    aliases = _aliases(function, place)
    for node in ast.walk(function):
        holder, key = _access(node)
        prefix = _prefix(holder, place, aliases) if holder is not None else None
        if prefix is None or key is None:
            continue
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            if key.value.isidentifier():  # "https://" is looked for in a text
                yield f"{prefix}.{key.value}".lstrip(".")
        elif not prefix and not _through_a_list(key):
            unread.append(f"{place} line {node.lineno}: {ast.unparse(node)}")


def _aliases(function: ast.AST, place: str) -> Mapping[str, str]:
    """Return the variables that a function gives a part of the settings: ``source = bot_event.get("event_source")``."""
    found: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            holder, key = _access(node.value)
            prefix = _prefix(holder, place, {}) if holder is not None else None
            if prefix is not None and isinstance(key, ast.Constant):
                found[node.targets[0].id] = f"{prefix}.{key.value}".lstrip(".")
    return found


def _access(node: ast.AST) -> tuple[ast.AST | None, ast.AST | None]:
    """Return what is looked into and with which key: ``x.get(key)``, ``x[key]``, ``key in x``."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
    ):
        return node.func.value, node.args[0]
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return node.value, node.slice
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        return node.comparators[0], node.left
    return None, None


def _prefix(holder: ast.AST, place: str, aliases: Mapping[str, str]) -> str | None:
    """Return the dotted name of what a holder holds, empty for a stage's settings, None for anything else."""
    name = holder.attr if isinstance(holder, ast.Attribute) else getattr(holder, "id", "")
    if name in _STAGE or (place.endswith("ZappaCLI.stage_config") and name == "settings"):
        return ""
    if isinstance(holder, ast.Subscript) and getattr(holder.value, "attr", "") == "zappa_settings":
        return ""
    if isinstance(
        holder, ast.Subscript | ast.Call
    ):  # event["event_source"]["arn"], event.get("event_source").get("arn")
        outer, key = _access(holder)
        prefix = _prefix(outer, place, aliases) if outer is not None else None
        return f"{prefix}.{key.value}" if prefix and isinstance(key, ast.Constant) else None
    if name == "config" and place.endswith(_MADE):
        return HOLDERS["_config"]
    if isinstance(holder, ast.Name) and name in aliases:
        return aliases[name]
    return HOLDERS.get(name)


def _through_a_list(key: ast.AST) -> bool:
    """Say whether a key is the variable that goes through one of `LISTS`, or is a stage's name."""
    return isinstance(key, ast.Name) and key.id in {"setting", "key", "stage"}
