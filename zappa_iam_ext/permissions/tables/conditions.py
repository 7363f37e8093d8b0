"""When a row applies: the features that it names hold of a stage and a command, and those with a ``!`` do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.features import FEATURES


def holds(condition: str, stage: Stage, command: Command) -> bool:
    """Say whether a feature holds; ``!name`` says that it does not."""
    if condition.startswith("!"):
        return not FEATURES[condition[1:]].predicate(stage, command)
    return FEATURES[condition].predicate(stage, command)


def conditions(stage: Stage, command: Command) -> Callable[[Sequence[str]], bool]:
    """Return a test of whether all of some conditions hold; each feature is looked at once."""
    known: dict[str, bool] = {}

    def hold(wanted: Sequence[str]) -> bool:
        for condition in wanted:
            if condition not in known:
                known[condition] = holds(condition, stage, command)
            if not known[condition]:
                return False
        return True

    return hold
