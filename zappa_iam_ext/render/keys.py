"""Access keys to text and JSON. Ids are told in full: they are no secrets, and every further step needs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from zappa_iam_ext.plan.rotation import UserKey, UserKeys, begun_rotation
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain

OLD = 90
"""Days after which a key in use is called old (AWS Security Hub, control IAM.3)."""


def keys_text(there: UserKeys, account: str, now: datetime) -> str:
    """Return the keys of a user, one a line, and what is to be said of them."""
    lines = [plain(f"user {there.user} (profile {there.profile}) in account {account}:")]
    lines += [f"  {line}" for key in there.keys for line in _key_lines(there, key, now)]
    if not there.keys:
        lines.append("  no access keys")
    lines += [f"  ! {plain(note)}" for note in _notes(there, now)]
    return "\n".join(lines)


def keys_json(there: UserKeys, account: str, now: datetime) -> str:
    """Return the same as one JSON document."""
    return dump(
        {
            "user": there.user,
            "profile": there.profile,
            "account": account,
            "keys": [_key_json(there, key, now) for key in there.keys],
            "notes": list(_notes(there, now)),
        }
    )


def age_in_days(key: UserKey, now: datetime) -> int:
    """Return how many whole days ago the key was made."""
    return max((now - key.created).days, 0)


def _key_lines(there: UserKeys, key: UserKey, now: datetime) -> Iterator[str]:
    days = age_in_days(key, now)
    state = "active" if key.active else "inactive"
    held = "  in the profile" if key.access_key_id == there.held else ""
    yield plain(f"{key.access_key_id}  {state:<8}  {days} day{'s' * (days != 1)} old  {_use(key)}{held}")


def _use(key: UserKey) -> str:
    if key.last_used is None:
        return "never used"
    where = ", ".join(filter(None, (key.service, key.region)))
    return f"last used {key.last_used:%Y-%m-%d}" + (f" ({where})" if where else "")


def _key_json(there: UserKeys, key: UserKey, now: datetime) -> dict[str, Any]:
    return {
        "access_key_id": key.access_key_id,
        "status": "Active" if key.active else "Inactive",
        "created": key.created.isoformat(),
        "age_days": age_in_days(key, now),
        "last_used": key.last_used.isoformat() if key.last_used else None,
        "last_used_service": key.service or None,
        "last_used_region": key.region or None,
        "in_profile": key.access_key_id == there.held,
    }


def _notes(there: UserKeys, now: datetime) -> Iterator[str]:
    if begun_rotation(there.tags):
        yield "a rotation was begun and not finished: `zappa-iam keys rotate` goes on with it"
    if there.held is None:
        yield f"the profile {there.profile} holds no access key of its own"
    elif there.held not in {key.access_key_id for key in there.keys}:
        yield f"the profile holds {there.held}, which is no key of this user"
    for key in there.keys:
        if key.active and age_in_days(key, now) > OLD:
            yield f"{key.access_key_id} is older than {OLD} days: `zappa-iam keys rotate` replaces the one in the profile"
    for key in there.removable:
        yield f"{key.access_key_id} is inactive: `zappa-iam keys delete-old` deletes it"
