"""Differences between requirements, to text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.permissions.difference import Difference, Unneeded
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain


@dataclass(frozen=True, slots=True)
class Compared:
    """A difference and what was compared: ``after`` needs more, or less, than ``before``.

    ``before_allows`` says that ``before`` is a policy, which allows rather than needs; ``surplus`` is then what it
    grants beyond, and ``undecided`` what could not be decided.
    """

    stage: str
    before: str
    after: str
    change: Difference
    before_allows: bool = False
    surplus: tuple[Unneeded, ...] = ()
    undecided: int = 0


def difference_text(compared: Compared) -> str:
    """Return the difference: a head line, then each requirement with ``+`` or ``-`` and why it is needed."""
    lines = [_head(compared)]
    lines += _lines("+", compared.change.added)
    lines += _lines("-", compared.change.removed)
    if compared.surplus:
        lines += ["", f"{plain(compared.before)} allows what {plain(compared.stage)} does not need:"]
        lines += _grouped(compared.surplus)
    if compared.undecided:
        lines += ["", f"{compared.undecided} could not be decided: `zappa-iam check` says why."]
    return "\n".join(lines)


def difference_json(compared: Sequence[Compared]) -> str:
    """Return one difference as a JSON document; several are listed under ``differences``."""
    if len(compared) == 1:
        return dump(_entry(compared[0]))
    return dump({"differences": [_entry(item) for item in compared]})


def _head(compared: Compared) -> str:
    change, stage = compared.change, plain(compared.stage)
    before, after = plain(compared.before), plain(compared.after)
    needs = "need" if after.startswith("the settings") else "needs"
    allows = " allows" if compared.before_allows else ""
    if not change:
        same = "nothing that {} does not allow" if compared.before_allows else "the same as {}"
        return f"{after} {needs} {same.format(before)} (stage {stage})."
    told = [f"{len(change.added)} more"] if change.added else []
    told += [f"{len(change.removed)} less"] if change.removed else []
    return f"{after} {needs} {' and '.join(told)} than {before}{allows} (stage {stage}):"


def _lines(sign: str, items: Sequence[Requirement]) -> Iterator[str]:
    for item in items:
        conditions = "".join(
            f", {key} {_value(item.context[key])}" for key in item.restrict if key in item.context
        )
        yield f"  {sign} {item.action}"
        yield f"      on {plain(item.resource)}{plain(conditions)}"
        yield f"      {_why(item)}"


def _why(item: Requirement) -> str:
    command = f"{item.call.command}: " if item.call and item.call.command else ""
    setting = f" (setting {item.call.setting})" if item.call and item.call.setting else ""
    only_if = f"; needed {item.only_if.words}" if item.only_if else ""
    return f"{command}{item.because}{setting}{only_if}"


def _value(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " or ".join(value)


def _grouped(surplus: Sequence[Unneeded]) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for item in surplus:
        found.setdefault(plain(item.sid), []).append(plain(item.action))
    for sid, actions in found.items():
        yield f"  {f'{sid}: ' if sid else ''}{', '.join(actions)}"


def _entry(compared: Compared) -> dict[str, Any]:
    return {
        "stage": compared.stage,
        "before": compared.before,
        "after": compared.after,
        "added": [_requirement(item) for item in compared.change.added],
        "removed": [_requirement(item) for item in compared.change.removed],
        "surplus": [{"action": item.action, "sid": item.sid or None} for item in compared.surplus],
        "undecided": compared.undecided,
    }


def _requirement(item: Requirement) -> dict[str, Any]:
    return {
        "action": item.action,
        "resource": item.resource,
        "context": {
            key: value if isinstance(value, str) else list(value) for key, value in item.context.items()
        },
        "because": item.because,
        "command": item.call.command if item.call else None,
        "setting": (item.call.setting or None) if item.call else None,
        "only_if": str(item.only_if) if item.only_if else None,
    }
