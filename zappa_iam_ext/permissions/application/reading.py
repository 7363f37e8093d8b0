"""What an application's statements allow: whether it reads itself what a poller of Lambda reads for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.iam.statement import Effect, Statement
from zappa_iam_ext.permissions.application.entries import application_statements
from zappa_iam_ext.permissions.stage import Stage

READS = frozenset({"sqs:receivemessage", "kinesis:getrecords", "dynamodb:getrecords"})
"""What reads a queue or a stream, in lower case."""


def reads_queue(stage: Stage, arn: str) -> bool:
    """Say whether the application may itself read this queue or stream: what is then granted is not for Lambda's poller alone."""
    return reads(application_statements(stage), arn)


def reads(statements: Iterable[Mapping[str, Any]], arn: str) -> bool:
    """Say whether statements allow to read this queue or stream."""
    service, listed = arn.split(":")[2:3], tuple(statements)
    actions = {action for action in READS if [action.partition(":")[0]] == service}
    return any(allows(listed, action, arn) for action in actions)


def allows(statements: Iterable[Mapping[str, Any]], action: str, resource: str) -> bool:
    """Say whether one of the statements allows the action on the resource, whatever its conditions."""
    listed = [dict(statement) for statement in statements]
    if not listed:
        return False
    document = PolicyDocument.parse({"Version": "2012-10-17", "Statement": listed})
    return any(
        statement.effect is Effect.ALLOW and _names(statement, action, resource)
        for statement in document.statements
    )


def _names(statement: Statement, action: str, resource: str) -> bool:
    acted = _any(statement.actions, action.lower(), lower=True) or (
        bool(statement.not_actions) and not _any(statement.not_actions, action.lower(), lower=True)
    )
    on = _any(statement.resources, resource) or (
        bool(statement.not_resources) and not _any(statement.not_resources, resource)
    )
    return acted and on


def _any(patterns: Iterable[str], value: str, *, lower: bool = False) -> bool:
    return any(text_glob(each.lower() if lower else each).matches(value) for each in patterns)
