"""Requirements of the execution role to its document: the smallest, each statement with a Sid that says what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.statement import Condition, Effect, Statement
from zappa_iam_ext.iam.synthesis.grants import Grant, synthesize
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.policy import condition_of
from zappa_iam_ext.permissions.runtime.needs import denials_to_code, runtime_needs
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.runtime_rows import DenyRow
from zappa_iam_ext.permissions.tables.templating import UNKNOWN


def execution_policy(stage: Stage, *, websocket_api: str = UNKNOWN) -> PolicyDocument:
    """Return the document that allows the execution role what it needs, and denies the function's code what only Lambda does.

    Statements stand in a stable order: what is allowed by Sid, then what is denied. ``websocket_api`` is as in
    `runtime_requirements`.
    """
    grants = [
        Grant(requirement.action, requirement.resource, _condition(requirement), row.purpose)
        for row, requirement in runtime_needs(stage, websocket_api=websocket_api)
    ]
    return PolicyDocument((*synthesize(grants).statements, *_denials(stage)))


def _condition(requirement: Requirement) -> Condition:
    present = [key for key in requirement.restrict if key in requirement.context]
    absent = {key: ("true",) for key in requirement.restrict if key in requirement.absent}
    return {**condition_of(present, [requirement]), **({"Null": absent} if absent else {})}


def _denials(stage: Stage) -> Iterator[Statement]:
    for row, names in denials_to_code(stage):
        yield _denial(row, names)


def _denial(row: DenyRow, names: Mapping[str, object]) -> Statement:
    condition = {
        operator: {key: (str(value),) for key, value in tests.items()}
        for operator, tests in row.fill_condition(names).items()
    }
    return Statement(
        Effect.DENY,
        actions=tuple(sorted(row.actions)),
        resources=(str(row.fill_resource(names)),),
        condition=condition,
        sid=row.purpose,
    )
