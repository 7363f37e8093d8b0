"""One edit of a settings file, proven by loading both texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.settings_editing import json_text, toml_text, yaml_text
from zappa_iam_ext.settings_editing.changing import Path, after, changes, found_at, plain, value_at
from zappa_iam_ext.settings_editing.loading import TOML, YAML, loaded, same, still_toml
from zappa_iam_ext.settings_editing.splices import Splice

_LONE_RETURN = re.compile(r"\r(?!\n)")
_Editor = Callable[[str, Path, Any], Iterator[Splice]]


def edited(text: str, suffix: str, stage: str, values: Mapping[str, Any]) -> str:
    """Return the text of a settings file with these keys set in the stage, all else kept byte for byte.

    ``suffix`` is that of the file's name: ``.json``, ``.yaml``, ``.yml`` or ``.toml``. A table among the values is
    joined with the one that is there, or that the stage inherits; any other value takes the place of the old one.
    Line ends are those of the text: read the file with ``newline=""``. Raises `CannotEdit` when it cannot be proven
    that Zappa loads the old settings with these values and no other change.
    """
    if _LONE_RETURN.search(text):
        raise CannotEdit("a line ends with a carriage return alone")
    kind = suffix if suffix.startswith(".") else f".{suffix}"
    before = loaded(text, kind)
    values = plain(values)
    wanted = changes(before, stage, values)
    final = after(before, stage, values) if wanted else before
    for path in wanted:
        if not same(found_at(loaded(text, kind), path), value_at(final, path)):
            text = _with_one(text, kind, path, final)
    if wanted and not _proven(loaded(text, kind), final):
        raise _cannot((stage,))
    return text


def _with_one(text: str, kind: str, path: Path, final: Any) -> str:
    """Return the text with the value of one path as it is in the final settings, by the first way that is proven."""
    editor: _Editor = (
        yaml_text.splices if kind in YAML else toml_text.splices if kind == TOML else json_text.splices
    )
    try:
        for splice in editor(text, path, final):
            candidate = splice.of(text)
            if _changes_only(text, candidate, kind, path, final):
                return candidate
    except CannotEdit:
        raise
    except RecursionError:
        raise CannotEdit("the settings are nested too deeply") from None
    except Exception as error:  # a form that the editors do not know, such as a key without its colon
        raise _cannot(path) from error
    raise _cannot(path)


def _changes_only(text: str, candidate: str, kind: str, path: Path, final: Any) -> bool:
    """Say whether nothing but the path has changed, or of the tables on the way to it the lowest that was written."""
    try:
        now = loaded(candidate, kind)
    except CannotEdit:
        return False
    if kind == TOML and not still_toml(text, candidate, path, value_at(final, path)):
        return False
    prefixes = (path[:length] for length in range(len(path), 0, -1))
    before = loaded(text, kind)
    return any(_proven(now, _with_value(before, prefix, final)) for prefix in prefixes)


def _with_value(before: Any, path: Path, final: Any) -> Any:
    """Return the settings as they were before, but for the path, which has its value of the final settings."""
    step = path[0]
    here = dict(before or {})
    here[step] = final[step] if len(path) == 1 else _with_value(here.get(step), path[1:], final[step])
    return here


def _proven(now: Any, wanted: Any) -> bool:
    """Say whether two settings are the same; a new key may stand anywhere, old ones keep their order."""
    return same(_sorted(now), _sorted(wanted))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=repr)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _cannot(path: Path) -> CannotEdit:
    return CannotEdit(
        f"{'.'.join(path)} cannot be set without touching something else",
        hint="Lines that several stages share, or a form that is not known here: set it by hand.",
    )
