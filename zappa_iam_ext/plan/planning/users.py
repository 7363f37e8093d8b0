"""The user that deploys. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.plan.changes import Change, CreateUser
from zappa_iam_ext.plan.ownership import Ownership
from zappa_iam_ext.plan.states import CurrentState, DesiredState


def user_changes(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield the user if there is none; one that exists is used as it is."""
    if not current.user_exists:
        yield CreateUser(desired.user, desired.path, {**desired.tags, **Ownership(ours=True).to_tags()})
