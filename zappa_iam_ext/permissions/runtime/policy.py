"""Requirements of the execution role to its document: the smallest, each statement with a Sid that says what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.iam.statement import Condition, Effect, Statement
from zappa_iam_ext.iam.synthesis.grants import Grant, synthesize
from zappa_iam_ext.iam.synthesis.packing import renamed
from zappa_iam_ext.permissions.application import application_statements, reads
from zappa_iam_ext.permissions.model import Requirement, UsedBy
from zappa_iam_ext.permissions.policy import condition_of
from zappa_iam_ext.permissions.runtime.needs import denials_to_code, runtime_needs
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.runtime_rows import DenyRow


def execution_policy(
    stage: Stage,
    *,
    websocket_api: str = "",
    application: Sequence[Mapping[str, Any]] | None = None,
) -> PolicyDocument:
    """Return the document that allows the execution role what it needs, and denies the function's code what only Lambda does.

    Statements stand in a stable order: what is allowed by Sid, then what the ``application`` asks for besides, as IAM writes
    statements (None: what `iam_ext.permissions` of the stage says), then what is denied. What the application asks for is not
    denied to it, and a queue or a stream that it reads itself is not granted to Lambda's poller alone. ``websocket_api`` is as in
    `runtime_requirements`. Raises `InvalidPolicyDocument` for statements that IAM would refuse, and `InvalidPermissions`.
    """
    own = application_statements(stage) if application is None else application
    asked = _parsed(own)
    grants = [
        Grant(requirement.action, requirement.resource, _condition(requirement, own), row.purpose)
        for row, requirement in runtime_needs(stage, websocket_api=websocket_api)
    ]
    return PolicyDocument(renamed((*synthesize(grants).statements, *asked, *_denials(stage, asked))))


def _parsed(application: Sequence[Mapping[str, Any]]) -> tuple[Statement, ...]:
    if not application:
        return ()
    document = {"Version": "2012-10-17", "Statement": [dict(statement) for statement in application]}
    return PolicyDocument.parse(document).statements


def _condition(requirement: Requirement, application: Sequence[Mapping[str, Any]]) -> Condition:
    present = [key for key in requirement.restrict if key in requirement.context]
    shared = requirement.used_by is UsedBy.POLLER and reads(application, requirement.resource)
    keys = () if shared else requirement.restrict
    absent = {key: ("true",) for key in keys if key in requirement.absent}
    return {**condition_of(present, [requirement]), **({"Null": absent} if absent else {})}


def _denials(stage: Stage, asked: Sequence[Statement]) -> Iterator[Statement]:
    for row, names in denials_to_code(stage):
        actions = tuple(action for action in sorted(row.actions) if not _asks_for(asked, action))
        if actions:
            yield _denial(row, actions, names)


def _asks_for(asked: Sequence[Statement], action: str) -> bool:
    """Say whether one of the statements allows the action on something."""
    return any(
        any(text_glob(each.lower()).matches(action.lower()) for each in statement.actions)
        or (
            bool(statement.not_actions)
            and not any(text_glob(each.lower()).matches(action.lower()) for each in statement.not_actions)
        )
        for statement in asked
        if statement.effect is Effect.ALLOW
    )


def _denial(row: DenyRow, actions: tuple[str, ...], names: Mapping[str, object]) -> Statement:
    condition = {
        operator: {key: (str(value),) for key, value in tests.items()}
        for operator, tests in row.fill_condition(names).items()
    }
    return Statement(
        Effect.DENY,
        actions=actions,
        resources=(str(row.fill_resource(names)),),
        condition=condition,
        sid=row.purpose,
    )
