"""What of a stage a rehearsal cannot show, told from its settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zappa_iam_ext.errors import InvalidArn
from zappa_iam_ext.iam import Arn
from zappa_iam_ext.permissions.stage import Stage

_NO_RESOURCES = frozenset(
    {
        "assume_policy",
        "attach_policy",
        "aws_environment_variables",
        "callbacks",
        "context_header_mappings",
        "environment_variables",
        "extra_permissions",
        "iam_ext",
        "tags",
    }
)
"""Settings whose ARNs no call is about: documents, variables and texts that Zappa only hands on."""


def not_rehearsed(stage: Stage) -> tuple[str, ...]:
    """Return in words what the settings name and no rehearsal in this account and region can show.

    ``stage`` is in the account that is played. The policies of another account are not known here. An event source
    of another region is not found: Zappa asks for it in the stage's region (``utilities.py``, ``get_event_source``).
    """
    found: dict[str, None] = {}
    for setting, text in _texts(stage.settings):
        try:
            arn = Arn.parse(text)
        except InvalidArn:
            continue
        if arn.account.isdecimal() and stage.account_id and arn.account != stage.account_id:
            found[
                f"{setting}: {text} belongs to account {arn.account}, the rehearsal plays {stage.account_id}"
                f" (--account {arn.account} plays the other)"
            ] = None
        elif setting == "events" and arn.region and arn.region != stage.region:
            found[
                f"{setting}: {text} is in {arn.region}, and Zappa asks for it in the stage's {stage.region}"
            ] = None
    return tuple(found)


def _texts(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every text in the settings that may name a resource, with the name of its setting."""
    for setting, value in settings.items():
        if setting not in _NO_RESOURCES:
            yield from ((setting, text) for text in _inside(value))


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _inside(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _inside(item)
