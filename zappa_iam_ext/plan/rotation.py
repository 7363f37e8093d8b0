"""What is to be done next so that a profile's access key is another one: from what is there, whenever it was left. Pure.

IAM's keys have no tags, so the user carries what a rotation has to remember: `ROTATING`, from before the new key is made
until the old one is inactive, holds the time by AWS's clock and the ids that were there; `ROTATED` holds the ids that
rotations made inactive, and that may therefore be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

ROTATING, ROTATED = "zappa-iam-ext:rotating", "zappa-iam-ext:rotated"
MAX_KEYS = 2
"""Access keys per user (IAM and STS quotas; cannot be raised)."""
MAKING = timedelta(minutes=5)
"""A key that a rotation made came into being within this time after it was begun: a run asks for one at once."""
_SKEW = timedelta(seconds=2)


class RotationStep(StrEnum):
    """What comes next."""

    MAKE = "make a new key"
    DELETE_LOST = "delete the key that an interrupted rotation made and whose secret nobody has"
    DEACTIVATE = "make the former key inactive"
    DONE = "nothing"


@dataclass(frozen=True, slots=True)
class UserKey:
    """An access key of a user: when it was made and last used (None: never, or before April 2015)."""

    access_key_id: str
    active: bool
    created: datetime
    last_used: datetime | None = None
    service: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class UserKeys:
    """The keys of a user, the one that the profile holds, and what rotations have left in the user's tags."""

    user: str
    profile: str
    held: str | None
    keys: tuple[UserKey, ...]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def others(self) -> tuple[UserKey, ...]:
        """The keys that the profile does not hold."""
        return tuple(key for key in self.keys if key.access_key_id != self.held)

    @property
    def rotated(self) -> tuple[str, ...]:
        """The ids that rotations made inactive."""
        return tuple(self.tags.get(ROTATED, "").split())

    @property
    def removable(self) -> tuple[UserKey, ...]:
        """The inactive keys that the profile does not hold."""
        return tuple(key for key in self.others if not key.active)


@dataclass(frozen=True, slots=True)
class Rotation:
    """The next step, and the key that it is about."""

    step: RotationStep
    key: UserKey | None = None


def next_step(there: UserKeys) -> Rotation:
    """Return what a rotation does next, after an interrupted one too."""
    begun = begun_rotation(there.tags)
    if begun is None:
        return Rotation(RotationStep.MAKE)
    since, ids = begun
    if there.held not in ids:  # the new key is in the profile
        former = next((key for key in there.others if key.active and key.access_key_id in ids), None)
        return Rotation(RotationStep.DEACTIVATE, former) if former else Rotation(RotationStep.DONE)
    lost = next((key for key in there.others if _is_lost(key, since, ids)), None)
    return Rotation(RotationStep.DELETE_LOST, lost) if lost else Rotation(RotationStep.MAKE)


def in_the_way(there: UserKeys) -> UserKey | None:
    """Return the key that leaves no room for a new one, if there is one."""
    return there.others[0] if len(there.keys) >= MAX_KEYS and there.others else None


def rotating_tag(now: datetime, ids: Iterable[str], held: str) -> str:
    """Return the value of `ROTATING`: the time, the id that is to be replaced, the other ids."""
    rest = sorted(set(ids) - {held})
    return " ".join([now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), held, *rest])


def begun_rotation(tags: Mapping[str, str]) -> tuple[datetime, tuple[str, ...]] | None:
    """Return when a rotation was begun that is not finished, and the ids that were there; None when none was."""
    words = tags.get(ROTATING, "").split()
    try:
        since = datetime.strptime(words[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return None
    return since, tuple(words[1:])


def rotated_tag(there: UserKeys, more: str) -> str:
    """Return the value of `ROTATED` with one id more; ids of keys that are gone leave it."""
    present = {key.access_key_id for key in there.keys}
    return " ".join(dict.fromkeys(key for key in (*there.rotated, more) if key in present))


def _is_lost(key: UserKey, since: datetime, ids: tuple[str, ...]) -> bool:
    """Whether the key can only be the one that the interrupted rotation made: new, of that moment, and never used."""
    in_time = since - _SKEW <= key.created <= since + MAKING
    return key.access_key_id not in ids and in_time and key.last_used is None


def described(key: UserKey) -> str:
    """Return a key in words: id, state, age and last use."""
    used = f"last used {_day(key.last_used)}" if key.last_used else "never used"
    where = (
        f" ({', '.join(filter(None, (key.service, key.region)))})" if key.last_used and key.service else ""
    )
    return f"{key.access_key_id}, {'active' if key.active else 'inactive'}, made {_day(key.created)}, {used}{where}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
