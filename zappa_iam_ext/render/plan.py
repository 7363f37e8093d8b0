"""Plan to text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from zappa_iam_ext.plan import CreatePolicy, CreatePolicyVersion, Plan
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain


def plan_text(plan: Plan, *, heading: str, notes: Iterable[str] = (), documents: bool = False) -> str:
    """Return the changes, one a line, in the order in which they would be made; with ``documents`` in full."""
    lines = [plain(heading) + (":" if plan.changes else ": nothing to do.")]
    for change in plan.changes:
        lines.append(f"  + {plain(str(change))}")
        if documents and isinstance(change, CreatePolicy | CreatePolicyVersion):
            lines += [f"      {line}" for line in json.dumps(change.document, indent=2).splitlines()]
    lines += [f"  ! {plain(note)}" for note in notes]
    lines += _concerns(plan)
    return "\n".join(lines)


def plan_json(entries: Iterable[tuple[Plan, dict[str, Any]]]) -> str:
    """Return plans as one JSON document; each entry's dictionary says whom the plan is for."""
    plans = [{**about, **plan.to_json()} for plan, about in entries]
    return dump({"plans": plans})


def _concerns(plan: Plan) -> Iterator[str]:
    for concern in plan.concerns:
        yield f"  UNSAFE {plain(concern.subject)}: {plain(concern.reason)}"
        yield f"         {plain(concern.hint)}"
