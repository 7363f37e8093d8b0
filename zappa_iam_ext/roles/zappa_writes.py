"""What Zappa's next ``deploy`` or ``update`` writes into an execution role, and why.

Zappa compares the role that it manages with its own documents and writes what differs (``core.py``,
``create_iam_roles``). What is told here is that comparison, step by step, with its mistakes: of two trust policies that
differ only the services of the first statements are compared, character by character where they are written as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.runtime import appended_by_zappa
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.runtime_rows import appended_rows

_WEBSOCKET_ACTION = ["execute-api:ManageConnections"]
INLINE_POLICY = "zappa-permissions"
"""The inline policy of the role, by the name that Zappa has for it (``core.py``, ``create_iam_roles``)."""


@dataclass(frozen=True, slots=True)
class LiveDocuments:
    """What IAM answers of a role: its trust policy, and the inline policy that Zappa looks for (None: there is none)."""

    trust: Mapping[str, Any]
    inline: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ZappaWrite:
    """One write of Zappa's to IAM, and why it makes it."""

    operation: str
    because: str


@dataclass(frozen=True, slots=True)
class ZappaWrites:
    """What Zappa does to the role: its writes in order, the error that it stops with, what it leaves though it differs."""

    writes: tuple[ZappaWrite, ...] = ()
    fails: str = ""
    leaves: str = ""

    @property
    def stable(self) -> bool:
        """Whether Zappa goes on without a write."""
        return not self.writes and not self.fails


def wanted_trust(stage: Stage) -> dict[str, Any]:
    """Return the trust policy that Zappa compares with. Raises `SettingsError` where the file is no JSON object."""
    return role_document(stage, "assume_policy", stage.role.assume_policy)


def wanted_inline(stage: Stage) -> dict[str, Any]:
    """Return the inline policy that Zappa compares with: the file's statements, then all that Zappa appends.

    Raises `SettingsError` where the file is no JSON object with a list of statements, which Zappa could not use.
    """
    document = role_document(stage, "attach_policy", stage.role.attach_policy)
    statements = document.get("Statement")
    appended = list(appended_statements(stage))
    if appended and not isinstance(statements, list):
        raise SettingsError(
            f"stage {stage.name}: the document of attach_policy has no list of statements",
            hint="Zappa appends to it and would stop: write `Statement` as a list.",
        )
    return {**document, "Statement": [*statements, *appended]} if isinstance(statements, list) else document


def appended_statements(stage: Stage) -> Iterator[dict[str, Any]]:
    """Yield what Zappa appends to the file: ``extra_permissions``, then its own for file systems and WebSockets.

    The statement for WebSockets names the account where Zappa runs with credentials (``cli.py``, ``load_settings``);
    read without any it holds a star there.
    """
    unknown = f"arn:aws:execute-api:{stage.region}:*:*"
    for statement in stage.role.extra_permissions:
        found = dict(statement)
        if found.get("Action") == _WEBSOCKET_ACTION and found.get("Resource") == unknown and stage.account_id:
            found["Resource"] = f"arn:aws:execute-api:{stage.region}:{stage.account_id}:*"
        yield found


def as_managed(stage: Stage) -> Stage:
    """Return the stage as Zappa reads it where it manages the role: it then appends statements of its own."""
    if stage.role.managed:
        return stage
    managed = replace(stage, role=replace(stage.role, managed=True))
    extra = (*stage.role.extra_permissions, *appended_by_zappa(managed))
    return replace(managed, role=replace(managed.role, extra_permissions=extra))


def own_extra_permissions(stage: Stage) -> tuple[dict[str, Any], ...]:
    """Return what the user put under ``extra_permissions``, without what Zappa appends to that list by itself."""
    of_zappa = [list(row.actions) for row in appended_rows()]
    return tuple(
        statement for statement in appended_statements(stage) if statement.get("Action") not in of_zappa
    )


def zappa_writes(stage: Stage, live: LiveDocuments | None) -> ZappaWrites:
    """Return what Zappa's next ``deploy`` or ``update`` of a package does to the role as it is; None: there is none.

    Pure. Of `live` the documents count as IAM gives them back, not as they were sent.
    """
    if not stage.role.managed:
        if live is None and not stage.role.arn:
            return ZappaWrites(fails=f"there is no role {stage.role.name}, and manage_roles is false")
        return ZappaWrites()
    trust, inline = wanted_trust(stage), wanted_inline(stage)
    if live is not None:
        return _trust_writes(trust, live.trust, tuple(_inline_writes(inline, live.inline)))
    return ZappaWrites(
        (
            ZappaWrite("CreateRole", f"there is no role {stage.role.name}"),
            ZappaWrite("PutRolePolicy", f"a new role has no policy {INLINE_POLICY}"),
        )
    )


def _trust_writes(
    wanted: Mapping[str, Any], live: Mapping[str, Any], writes: tuple[ZappaWrite, ...]
) -> ZappaWrites:
    """Return the writes with what becomes of the trust policy, which Zappa looks at last."""
    if live == wanted:
        return ZappaWrites(writes)
    try:
        services, wanted_services = _compared(live), _compared(wanted)
    except (KeyError, IndexError, TypeError) as error:
        return ZappaWrites(writes, fails=_failure(error))
    if services == wanted_services:
        told = "the trust policies differ, and Zappa leaves it: the services of their first statements are the same"
        return ZappaWrites(writes, leaves=told)
    because = "the trust policies differ, and so do the services of their first statements"
    if _as_text(live) or _as_text(wanted):
        because += " (one is written as text, which Zappa compares letter by letter with a list)"
    return ZappaWrites((*writes, ZappaWrite("UpdateAssumeRolePolicy", because)))


def _inline_writes(wanted: Mapping[str, Any], live: Mapping[str, Any] | None) -> Iterator[ZappaWrite]:
    if live is None:
        yield ZappaWrite("PutRolePolicy", f"the role has no policy {INLINE_POLICY}")
    elif live != wanted:
        yield ZappaWrite("PutRolePolicy", f"{INLINE_POLICY} differs from what the settings say")


def _compared(document: Mapping[str, Any]) -> set[str]:
    """Return what Zappa compares: a set of the services, of their letters where they are one text."""
    return set(document["Statement"][0]["Principal"]["Service"])


def _as_text(document: Mapping[str, Any]) -> bool:
    return isinstance(document["Statement"][0]["Principal"]["Service"], str)


def _failure(error: Exception) -> str:
    return (
        f"Zappa stops with {type(error).__name__}: it compares the services of the first statement of the trust policy, "
        "and there are none"
    )


def role_document(stage: Stage, setting: str, text: str) -> dict[str, Any]:
    """Return a document that Zappa gives the role, by its setting; raise `SettingsError` where it is no JSON object."""
    try:
        read = json.loads(text)
    except ValueError as error:
        raise SettingsError(
            f"stage {stage.name}: the document of {setting} is not JSON",
            hint="Zappa could not use it either.",
        ) from error
    if not isinstance(read, dict):
        raise SettingsError(
            f"stage {stage.name}: {setting} is a policy document", hint="It is a JSON object."
        )
    return read
