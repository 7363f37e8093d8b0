"""A plan as a file: what was reviewed, so that just that is applied. Pure.

The file holds what the plan was made of and a fingerprint of the account as it was. Applying makes the plan anew; it must
come out the same. It never holds a secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan.model import Plan
from zappa_iam_ext.plan.ownership import StageKey
from zappa_iam_ext.plan.planning import Consents
from zappa_iam_ext.plan.role_states import DesiredRoles
from zappa_iam_ext.plan.states import CurrentState, DesiredState

KIND = "zappa-iam plan"
FORMAT = 1
_HINT = "Make it again: `zappa-iam plan STAGE --out FILE`."
_TEXTS = ("account", "user", "partition", "path", "base", "zappa", "group")


@dataclass(frozen=True, slots=True)
class PlannedFor:
    """One plan of a file: whom it is for, what it was made of, and what came out.

    ``state`` is the fingerprint of the account, ``changes`` the plan as JSON. ``region`` and ``administrator`` (an ARN)
    are for the reader.
    """

    desired: DesiredState
    consents: Consents
    state: str
    changes: Mapping[str, Any]
    stages: tuple[str, ...]
    profile: str
    region: str
    administrator: str


def state_fingerprint(state: CurrentState) -> str:
    """Return a hash of the account as it was looked at; how many policies the account has does not count."""
    told = {name: value for name, value in asdict(state).items() if name != "quotas"}
    return hashlib.sha256(_text(told).encode()).hexdigest()


def write_plan_file(entries: Sequence[PlannedFor], version: str) -> str:
    """Return the text of a plan file; ``version`` is that of this library."""
    content: dict[str, Any] = {
        "kind": KIND,
        "format": FORMAT,
        "version": version,
        "plans": [_entry(entry) for entry in entries],
    }
    return json.dumps({**content, "digest": _digest(content)}, indent=2) + "\n"


def is_plan_file(text: str) -> bool:
    """Say whether a text is meant as a plan file, whole or damaged."""
    return text.lstrip().startswith("{") and f'"{KIND}"' in text[:400]


def read_plan_file(text: str, version: str) -> tuple[PlannedFor, ...]:
    """Return the plans of a file. Raises `ZappaIamError` for one that was altered or that another version made."""
    try:
        content = json.loads(text)
        digest = content.pop("digest")
        known = (content["kind"], content["format"], content["version"])
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ZappaIamError("this is no plan file", hint=_HINT) from error
    _require_known(*known, version)
    if digest != _digest(content):
        raise ZappaIamError("the plan file was altered since it was written; nothing was changed", hint=_HINT)
    try:
        return tuple(_read(entry) for entry in content["plans"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ZappaIamError("the plan file does not hold what a plan holds", hint=_HINT) from error


def _require_known(kind: Any, form: Any, made_by: Any, version: str) -> None:
    if kind != KIND:
        raise ZappaIamError("this is no plan file", hint=_HINT)
    if made_by != version:
        raise ZappaIamError(
            f"the plan was made by version {line_of(made_by)} of zappa-iam-ext; this is {version}", hint=_HINT
        )
    if form != FORMAT or isinstance(form, bool):
        raise ZappaIamError(
            f"the plan file has the format {line_of(form)}; version {version} of zappa-iam-ext reads {FORMAT}",
            hint=_HINT,
        )


def line_of(value: Any) -> str:
    """Return a value of the file as a short text."""
    return str(value)[:40]


def same_plan(entry: PlannedFor, plan: Plan) -> bool:
    """Say whether a plan is the one that was reviewed."""
    return _text(entry.changes) == _text(plan.to_json())


def _entry(entry: PlannedFor) -> dict[str, Any]:
    desired = entry.desired
    return {
        "stages": list(entry.stages),
        "profile": entry.profile,
        "region": entry.region,
        "administrator": entry.administrator,
        "desired": {
            **{name: getattr(desired, name) for name in _TEXTS},
            "profile": desired.profile,
            "region": desired.region,
            "tags": dict(desired.tags),
            "only_add": desired.only_add,
            "needs": [
                {"project": key.project, "stage": key.stage, "document": document}
                for key, document in sorted(desired.needs.items())
            ],
            "roles": desired.roles.to_json() if desired.roles else None,
        },
        "consents": asdict(entry.consents),
        "state": entry.state,
        "plan": entry.changes,
    }


def _read(entry: Mapping[str, Any]) -> PlannedFor:
    given, consents = entry["desired"], entry["consents"]
    texts = {name: given[name] for name in _TEXTS}
    flags = {field.name: consents[field.name] for field in fields(Consents)}
    if not all(isinstance(value, str) for value in texts.values()):
        raise TypeError
    if not all(isinstance(value, bool) for value in flags.values()):
        raise TypeError
    return PlannedFor(
        desired=DesiredState(
            **texts,
            profile=given["profile"],
            region=given["region"],
            tags=dict(given["tags"]),
            only_add=given["only_add"] is True,
            needs={StageKey(need["project"], need["stage"]): need["document"] for need in given["needs"]},
            roles=DesiredRoles.from_json(given["roles"]) if given["roles"] else None,
        ),
        consents=Consents(**flags),
        state=entry["state"],
        changes=entry["plan"],
        stages=tuple(entry["stages"]),
        profile=entry["profile"],
        region=entry["region"],
        administrator=entry["administrator"],
    )


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, StageKey):
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    return list(value) if isinstance(value, tuple) else str(value)
