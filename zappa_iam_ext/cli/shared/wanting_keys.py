"""Asking for consent to a long-lived access key: on its own, at a terminal, and no is the default."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.ci import ci_service
from zappa_iam_ext.cli.shared.provisioning import on_terminal

if TYPE_CHECKING:
    from zappa_iam_ext.workflow import Provisioning


def wants_keys(plans: Sequence[Provisioning], given: dict[str, Any], *, yes: bool) -> bool:
    """Say whether the profiles without credentials that work shall get a key, asking where nobody has said it yet."""
    lacking = [item for item in plans if item.lacks_key]
    if given["create_keys"] is not None or yes or not lacking:
        return False
    if not on_terminal() or ci_service(os.environ) is not None:
        return False
    named = ", ".join(f"{item.user} (profile {item.profile})" for item in lacking)
    return click.confirm(f"Make a long-lived access key for {named}?", default=False, err=True)
