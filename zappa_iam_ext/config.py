"""The stage's own settings for this library: ``iam_ext``."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import user_arn
from zappa_iam_ext.permissions.application import application_statements
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.settings.values import got

ON_MISSING = ("stop", "warn", "provision")
UNKNOWN = ("warn", "fail")
DEFAULT_USER = "serverless"
OFFLINE_ACCOUNT = "123456789012"
"""Stands for the account when documents are judged offline and nobody named one."""
DEFAULT_POLICY = "ZappaLambdaDeploymentPolicy"
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
FORMER_NAMES = {"user_name": "user", "policy_name": "policy"}
"""Settings by the names that they had in 0.1; both are read."""
_CALLBACK = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_API_ID = re.compile(r"[a-z0-9]{0,20}", re.ASCII)
_GATES = ("zappa_iam_ext.gate", "zappa_iam_ext.hook.gate")
#: IAM API Reference, PutUserPermissionsBoundary: an ARN; CreatePolicy: the characters of a policy's name.
_BOUNDARY = re.compile(
    r"[\w+=,.@-]{1,128}|arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]{1,640}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class IamExtSettings:
    """What a stage says under ``iam_ext``.

    ``commands`` are the Zappa commands that the gate checks (empty: all). ``policy_document`` is the path of a
    hand-made policy file that takes the computed document's place. ``on_missing`` says what the gate does when
    a permission is missing: ``stop``, ``warn``, or ``provision`` (never in CI) with ``admin_profile``.
    ``unknown`` says what it does when something could not be decided: ``warn`` or ``fail``; empty: ``fail`` in CI, else ``warn``.
    ``user`` is whom to provision (default: the user that the profile belongs to, else ``serverless``), ``permissions_boundary``
    the name or the ARN of the policy that bounds the roles that are made. ``expected_account`` is the account that the
    credentials have to belong to; empty: any. ``then`` is the user's own settings callback, ``module.function``: Zappa has
    room for one, and the gate has taken it. ``log_group_exists`` says that somebody makes the log group of the function,
    with the retention that they want: the execution role then may not make it. ``websocket_api`` is the id of the WebSocket
    API, known once Zappa made it: the execution role then reaches the connections of that API alone. ``permissions`` are
    the application's own AWS calls, which `permissions.application` reads.
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
    unknown: str = ""
    then: str = ""
    permissions: tuple[Any, ...] = ()
    log_group_exists: bool = False
    websocket_api: str = ""

    @property
    def user_or_default(self) -> str:
        """The IAM user by name; the conventional one unless the stage names another."""
        return self.user or DEFAULT_USER

    def user_arn(self, stage: Stage) -> str:
        """Return the ARN of that user in the stage's account."""
        return user_arn(stage.partition, stage.account, self.user_or_default)


def iam_ext_settings(stage: Stage) -> IamExtSettings:
    """Return the stage's ``iam_ext``; raise `SettingsError` for what it may not hold."""
    given = stage.settings.get("iam_ext")
    if given is None or (isinstance(given, str | int) and _is_switch(given)):
        given = {}
    if not isinstance(given, Mapping):
        raise _wrong(stage, f"iam_ext is a table of settings, not {got(given)}")
    known = {item.name for item in fields(IamExtSettings)}
    given = {FORMER_NAMES.get(str(name), name): value for name, value in given.items()}
    for name in given:
        if name not in known:
            raise _wrong(stage, f"iam_ext has no setting {str(name)[:80]!r}{_near(str(name), known)}")
    return _checked(stage, given)


def _is_switch(given: str | int) -> bool:
    """Say whether this is the gate's switch in the environment, which Zappa takes for a setting where there is no file."""
    return str(given).lower() == os.environ.get("ZAPPA_IAM_EXT", "").lower()


def _checked(stage: Stage, given: Mapping[str, Any]) -> IamExtSettings:
    values = dict(given)
    for name in ("enabled", "log_group_exists"):
        if not isinstance(values.get(name, True), bool):
            raise _wrong(stage, f"iam_ext.{name} is true or false, not {got(values[name])}")
    _check_commands(stage, values.get("commands", []))
    _require_account(stage, values.get("expected_account", ""))
    for item in fields(IamExtSettings):
        if item.type == "str" and not isinstance(values.get(item.name, ""), str):
            raise _wrong(stage, f"iam_ext.{item.name} is a string, not {got(values[item.name])}")
    for name, choices in (("on_missing", ON_MISSING), ("unknown", UNKNOWN)):
        if values.get(name, choices[0]) not in choices:
            near = _near(values[name], choices)
            raise _wrong(stage, f"iam_ext.{name} is one of {', '.join(choices)}{near}")
    if values.get("on_missing") == "provision" and not values.get("admin_profile"):
        raise _wrong(
            stage, "iam_ext.on_missing provision needs iam_ext.admin_profile, whose credentials it uses"
        )
    _check_forms(stage, values)
    application_statements(stage)
    asked = values.get("permissions", ())
    lists = {
        "commands": tuple(values.get("commands", ())),
        "permissions": tuple(asked) if isinstance(asked, list | tuple) else (asked,),
    }
    return IamExtSettings(**values | lists)


def _check_commands(stage: Stage, commands: Any) -> None:
    if not isinstance(commands, list):
        raise _wrong(stage, f"iam_ext.commands is a list of {', '.join(COMMANDS)}, not {got(commands)}")
    if strange := [item for item in commands if item not in COMMANDS]:
        near = _near(str(strange[0]), COMMANDS)
        told = f"iam_ext.commands is a list of {', '.join(COMMANDS)}; {str(strange[0])[:80]!r} is none of them{near}"
        raise _wrong(stage, told)


def _check_forms(stage: Stage, values: Mapping[str, Any]) -> None:
    """Refuse a callback and a boundary that cannot be written so."""
    then, boundary = values.get("then", ""), values.get("permissions_boundary", "")
    if then and not _CALLBACK.fullmatch(then):
        raise _wrong(
            stage, f"iam_ext.then is written module.function, as Zappa's callbacks, not {then[:80]!r}"
        )
    if not _API_ID.fullmatch(values.get("websocket_api", "")):
        raise _wrong(
            stage,
            "iam_ext.websocket_api is the id of the WebSocket API, as its URL begins (wss://ID.execute-api...),"
            f" not {values['websocket_api'][:80]!r}",
        )
    if then in _GATES:
        raise _wrong(stage, f"iam_ext.then is called after the gate; {then} is the gate itself")
    if boundary and not _BOUNDARY.fullmatch(boundary):
        raise _wrong(
            stage, f"iam_ext.permissions_boundary is the name or the ARN of a policy, not {boundary[:150]!r}"
        )


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
