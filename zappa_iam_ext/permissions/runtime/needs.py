"""Reads the table of what the execution role needs: rows to requirements of one stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from zappa_iam_ext.permissions.calls import qualified_function_arn, stage_names
from zappa_iam_ext.permissions.model import Call, Command, Requirement
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.conditions import conditions, holds
from zappa_iam_ext.permissions.tables.runtime_rows import (
    AppendedRow,
    DenyRow,
    RuntimeRow,
    ToldRow,
    deny_rows,
    runtime_rows,
)
from zappa_iam_ext.permissions.tables.templating import UNKNOWN
from zappa_iam_ext.permissions.tables.versions import parse_version

Row = TypeVar("Row", RuntimeRow, DenyRow, AppendedRow, ToldRow)
#: Stands for the running function where commands of Zappa stand for the deploying principal.
RUNTIME = Command("runtime")


def runtime_requirements(stage: Stage, *, websocket_api: str = "") -> tuple[Requirement, ...]:
    """Return what the execution role needs: one requirement per action, resource, context and user, in table order.

    ``websocket_api`` is the id of the WebSocket API, which nobody knows before the first deployment (default: what
    ``iam_ext.websocket_api`` says, else any).
    """
    found: dict[object, Requirement] = {}
    for _, requirement in runtime_needs(stage, websocket_api=websocket_api):
        context = tuple(sorted(requirement.context.items()))
        key = (requirement.action, requirement.resource, context, requirement.used_by)
        found.setdefault(key, requirement)
    return tuple(found.values())


def runtime_needs(stage: Stage, *, websocket_api: str = "") -> Iterator[tuple[RuntimeRow, Requirement]]:
    """Yield each requirement with its row, in table order."""
    for row, names in applying(runtime_rows(), stage, role_names(stage, websocket_api)):
        yield row, _requirement(row, names, stage)


def denials_to_code(stage: Stage) -> Iterator[tuple[DenyRow, Mapping[str, Any]]]:
    """Yield what is denied to the code of the function, each row with the names that fill it."""
    return applying(deny_rows(), stage, role_names(stage))


def applying(
    rows: Iterable[Row], stage: Stage, names: Mapping[str, Any]
) -> Iterator[tuple[Row, Mapping[str, Any]]]:
    """Yield the rows that apply to the stage, each with the names that fill it, once per item where it has a collection."""
    applies = conditions(stage, RUNTIME)
    version = parse_version(stage.zappa_version)
    for row in rows:
        if row.in_version(version) and applies(row.when):
            each = getattr(row, "each", "")
            for item in COLLECTIONS[each].items(stage, RUNTIME) if each else ({},):
                yield row, {**names, **item}


def role_names(stage: Stage, websocket_api: str = "") -> Mapping[str, Any]:
    """Return the names that rows are filled with."""
    return {
        **stage.settings,
        **stage_names(stage),
        "qualified_function_arn": qualified_function_arn(stage),
        "execution_role": stage.role.name,
        "websocket_api": websocket_api or _known_api(stage),
    }


def _known_api(stage: Stage) -> str:
    if not holds("websocket_api_known", stage, RUNTIME):
        return UNKNOWN
    return str(stage.settings["iam_ext"]["websocket_api"])


def _requirement(row: RuntimeRow, names: Mapping[str, Any], stage: Stage) -> Requirement:
    return Requirement(
        action=row.action,
        resource=str(row.fill_resource(names) or UNKNOWN),
        context=row.fill_context(names),
        restrict=row.restrict,
        call=_call(row, stage),
        because=row.because,
        consequence=row.consequence,
        symptom=row.symptom,
        source=row.source,
        confidence=row.confidence,
        absent=row.absent,
        used_by=row.used_by,
    )


def _call(row: RuntimeRow, stage: Stage) -> Call:
    """Return the call that asks for it: of Zappa's code in the function, else one of the action's name."""
    service, _, operation = row.call.partition(".") if row.call else row.action.partition(":")
    return Call(
        service,
        operation,
        command=RUNTIME.name,
        because=row.because,
        source=row.source,
        consequence=row.consequence,
        symptom=row.symptom,
        setting=row.setting,
        region=stage.region,
    )
