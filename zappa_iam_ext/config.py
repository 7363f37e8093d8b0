"""The stage's own settings for this library: ``iam_ext``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import user_arn
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.settings.values import got

ON_MISSING = ("stop", "warn", "provision")
DEFAULT_USER = "serverless"
OFFLINE_ACCOUNT = "123456789012"
"""Stands for the account when documents are judged offline and nobody named one."""
DEFAULT_POLICY = "ZappaLambdaDeploymentPolicy"
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
FORMER_NAMES = {"user_name": "user", "policy_name": "policy"}
"""Settings by the names that they had in 0.1; both are read."""


@dataclass(frozen=True, slots=True)
class IamExtSettings:
    """What a stage says under ``iam_ext``.

    ``commands`` are the Zappa commands that the gate checks (empty: all). ``policy_document`` is the path of a
    hand-made policy file that takes the computed document's place. ``on_missing`` says what the gate does when
    a permission is missing: ``stop``, ``warn``, or ``provision`` (never in CI) with ``admin_profile``.
    ``user`` is whom to provision (default: the user that the profile belongs to, else ``serverless``).
    ``expected_account`` is the account that the credentials have to belong to; empty: any. ``permissions_boundary`` names
    a policy, by name or ARN, that limits the execution role instead of the one that `apply` makes.
    """

    enabled: bool = True
    commands: tuple[str, ...] = ()
    policy_document: str = ""
    on_missing: str = "stop"
    admin_profile: str = ""
    user: str = ""
    policy: str = DEFAULT_POLICY
    expected_account: str = ""
    permissions_boundary: str = ""

    @property
    def user_or_default(self) -> str:
        """The IAM user by name; the conventional one unless the stage names another."""
        return self.user or DEFAULT_USER

    def user_arn(self, stage: Stage) -> str:
        """Return the ARN of that user in the stage's account."""
        return user_arn(stage.partition, stage.account, self.user_or_default)


def iam_ext_settings(stage: Stage) -> IamExtSettings:
    """Return the stage's ``iam_ext``; raise `SettingsError` for what it may not hold."""
    given = stage.settings.get("iam_ext") or {}
    if not isinstance(given, Mapping):
        raise _wrong(stage, f"iam_ext is a table of settings, not {got(given)}")
    known = {item.name for item in fields(IamExtSettings)}
    given = {FORMER_NAMES.get(str(name), name): value for name, value in given.items()}
    for name in given:
        if name not in known:
            raise _wrong(stage, f"iam_ext has no setting {str(name)[:80]!r}{_near(str(name), known)}")
    return _checked(stage, given)


def _checked(stage: Stage, given: Mapping[str, Any]) -> IamExtSettings:
    values = dict(given)
    if not isinstance(values.get("enabled", True), bool):
        raise _wrong(stage, f"iam_ext.enabled is true or false, not {got(values['enabled'])}")
    commands = values.get("commands", [])
    if not isinstance(commands, list):
        raise _wrong(stage, f"iam_ext.commands is a list of {', '.join(COMMANDS)}, not {got(commands)}")
    if strange := [item for item in commands if item not in COMMANDS]:
        near = _near(str(strange[0]), COMMANDS)
        told = f"iam_ext.commands is a list of {', '.join(COMMANDS)}; {str(strange[0])[:80]!r} is none of them{near}"
        raise _wrong(stage, told)
    _require_account(stage, values.get("expected_account", ""))
    for name in ("policy_document", "on_missing", "admin_profile", "user", "policy", "permissions_boundary"):
        if not isinstance(values.get(name, ""), str):
            raise _wrong(stage, f"iam_ext.{name} is a string, not {got(values[name])}")
    if values.get("on_missing", "stop") not in ON_MISSING:
        near = _near(values["on_missing"], ON_MISSING)
        raise _wrong(stage, f"iam_ext.on_missing is one of {', '.join(ON_MISSING)}{near}")
    if values.get("on_missing") == "provision" and not values.get("admin_profile"):
        raise _wrong(
            stage, "iam_ext.on_missing provision needs iam_ext.admin_profile, whose credentials it uses"
        )
    return IamExtSettings(**values | {"commands": tuple(commands)})


def _require_account(stage: Stage, account: Any) -> None:
    """Refuse an expected account that is not twelve digits in quotes: as a number it loses the zeros in front."""
    if account != "" and not (isinstance(account, str) and _ACCOUNT.fullmatch(account)):
        raise _wrong(
            stage, f"iam_ext.expected_account is an account id, twelve digits in quotes, not {got(account)}"
        )


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _wrong(stage: Stage, message: str) -> SettingsError:
    return SettingsError(
        f"stage {stage.name}: {message}", hint="docs/how-to.md lists the settings of iam_ext."
    )
