"""What a rotation does next, wherever the one before was left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from zappa_iam_ext.plan.rotation import (
    ROTATED,
    ROTATING,
    RotationStep,
    UserKey,
    UserKeys,
    begun_rotation,
    in_the_way,
    next_step,
    rotated_tag,
    rotating_tag,
)

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)


def key(name, *, created=LONG_AGO, active=True, used=None):
    return UserKey(name, active, created, used)


def there(*keys, held="OLD", **tags):
    named = {{"rotating": ROTATING, "rotated": ROTATED}[name]: value for name, value in tags.items()}
    return UserKeys("u", "p", held, keys, named)


BEGUN = rotating_tag(NOW, ["OLD"], "OLD")
MOMENT = NOW + timedelta(seconds=1)
CASES = [
    pytest.param(there(key("OLD")), "MAKE", None, id="nothing was begun"),
    pytest.param(there(key("OLD"), rotating=BEGUN), "MAKE", None, id="begun, and no key made"),
    pytest.param(
        there(key("OLD"), key("NEW", created=MOMENT), rotating=BEGUN), "DELETE_LOST", "NEW",
        id="made, and its secret is in no file",
    ),
    pytest.param(
        there(key("OLD"), key("NEW", created=MOMENT, used=MOMENT), rotating=BEGUN), "MAKE", None,
        id="a key that somebody uses is somebody's",
    ),
    pytest.param(
        there(key("OLD"), key("NEW", created=NOW + timedelta(hours=2)), rotating=BEGUN), "MAKE", None,
        id="a key of another moment is somebody's",
    ),
    pytest.param(
        there(key("OLD"), key("X"), rotating=rotating_tag(NOW, ["OLD", "X"], "OLD")), "MAKE", None,
        id="a key that was there before is somebody's",
    ),
    pytest.param(
        there(key("OLD"), key("NEW", created=MOMENT), held="NEW", rotating=BEGUN), "DEACTIVATE", "OLD",
        id="written, and the former one is active",
    ),
    pytest.param(
        there(key("OLD", active=False), key("NEW"), held="NEW", rotating=BEGUN), "DONE", None,
        id="written, and the former one is inactive",
    ),
    pytest.param(there(key("NEW"), held="NEW", rotating=BEGUN), "DONE", None, id="the former one is gone"),
    pytest.param(there(key("OLD"), rotating="somebody's words"), "MAKE", None, id="a tag that is none of ours"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "step", "about"), CASES)
def test_the_next_step(state, step, about):
    found = next_step(state)
    assert found.step is RotationStep[step]
    assert (found.key.access_key_id if found.key else None) == about


def test_what_is_remembered_is_read_back():
    assert begun_rotation({ROTATING: BEGUN}) == (NOW, ("OLD",))
    assert begun_rotation({ROTATING: rotating_tag(NOW, ["B", "A", "OLD"], "OLD")}) == (NOW, ("OLD", "A", "B"))
    assert begun_rotation({}) is None


def test_two_keys_leave_no_room():
    assert in_the_way(there(key("OLD"))) is None
    assert in_the_way(there(key("OLD"), key("X"))).access_key_id == "X"


def test_ids_of_keys_that_are_gone_are_forgotten():
    assert rotated_tag(there(key("OLD"), key("A"), rotated="GONE A"), "OLD") == "A OLD"
