"""Values in settings: their types in the words of JSON, where they are, and settings without some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Path = tuple[str | int, ...]

_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "table": "a table",
    "null": "null",
}
_MAX_NAME = 80


def type_of(value: Any) -> str:
    """Return the type of a value as the table names it; YAML and TOML also have dates, named as Python does."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kind, name in ((str, "string"), (int, "integer"), (float, "number"), (Mapping, "table")):
        if isinstance(value, kind):
            return name
    return "list" if isinstance(value, list | tuple) else type(value).__name__


def fits(value: Any, types: Sequence[str]) -> bool:
    """Say whether a value is of one of these types; an integer is a number too."""
    kind = type_of(value)
    if kind in types or (kind == "integer" and "number" in types):
        return True
    return "empty" in types and not value


def expected(types: Sequence[str]) -> str:
    """Return the types in words: ``a string or null``."""
    words = [_WORDS[name] for name in types if name in _WORDS]
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def got(value: Any) -> str:
    """Return the type of a value in words: ``a list``; ``the integer 5`` where the value is short."""
    kind = type_of(value)
    if kind == "boolean":
        return str(value).lower()
    if kind in {"integer", "number"}:
        return f"the {kind} {str(value)[:20]}"
    return _WORDS.get(kind, f"a {kind}")


def dotted(path: Path) -> str:
    """Return a path as people write it: ``events[0].event_source.arn``."""
    text = ""
    for step in path:
        name = f"[{step}]" if isinstance(step, int) else str(step)[:_MAX_NAME]
        text += name if isinstance(step, int) or not text else f".{name}"
    return text


def found(settings: Any, steps: Sequence[str]) -> Iterator[tuple[Path, Any]]:
    """Yield every value that a name in steps stands for; what is not there yields nothing."""
    if not steps:
        yield (), settings
        return
    step, rest = steps[0], steps[1:]
    inner: Iterable[tuple[str | int, Any]] = ()
    if step == "[]" and isinstance(settings, list | tuple):
        inner = enumerate(settings)
    elif step == "*" and isinstance(settings, Mapping):
        inner = settings.items()
    elif isinstance(settings, Mapping) and step in settings:
        inner = ((step, settings[step]),)
    for key, value in inner:
        yield from (((key, *path), leaf) for path, leaf in found(value, rest))


def without(settings: Any, paths: Iterable[Path]) -> Any:
    """Return a copy of the settings without the values at these paths."""
    gone = set(paths)
    return _copied(settings, (), gone) if gone else settings


def _copied(value: Any, here: Path, gone: set[Path]) -> Any:
    if isinstance(value, Mapping):
        return {k: _copied(v, (*here, k), gone) for k, v in value.items() if (*here, k) not in gone}
    if isinstance(value, list | tuple):
        return [_copied(v, (*here, i), gone) for i, v in enumerate(value) if (*here, i) not in gone]
    return value
