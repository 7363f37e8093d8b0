"""Named lists of things that a stage has several of: a row of the table that names one stands for a call per item.

A *collection* yields the names that the parameters of one such call are written in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage

Items = Callable[[Stage, Command], Iterator[Mapping[str, Any]]]
#: So much of the hash is left in a rule name with the longest event name that Zappa accepts in practice.
HASH_KEPT = 8


@dataclass(frozen=True, slots=True)
class Collection:
    """What yields the items, and the words that the documentation has for one call per item (Markdown)."""

    items: Items
    words: str


def _events(stage: Stage, *, scheduled: bool) -> Iterator[Mapping[str, Any]]:
    events = stage.settings.get("events") or []
    yield from (event for event in events if isinstance(event, Mapping))
    if scheduled and stage.settings.get("keep_warm", True):
        yield {
            "name": "zappa-keep-warm",
            "function": "handler.keep_warm_callback",
            "expression": stage.settings.get("keep_warm_expression", "rate(4 minutes)"),
        }


def _expressions(event: Mapping[str, Any]) -> list[str]:
    if event.get("expression"):
        return [event["expression"]]
    return list(event.get("expressions") or ())


def _rules(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    for event in _events(stage, scheduled=True):
        for index, expression in enumerate(_expressions(event)):
            yield {"rule": stage.rule_name(event, index), "expression": expression}


def _rule_patterns(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
    """Yield the rules that former deployments may have left: by prefix, and by hash where names are long."""
    prefix = f"{stage.function_name}-"
    yield {"rule_pattern": f"{prefix}*"}
    if any(not names["rule"].startswith(prefix) for names in _rules(stage, command)):
        yield {"rule_pattern": f"{stage.function_hash[:HASH_KEPT]}*"}


def _sources(service: str) -> Items:
    def collection(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
        for event in _events(stage, scheduled=False):
            source = event.get("event_source")
            if not isinstance(source, Mapping):
                continue
            arn = str(source.get("arn", ""))
            parts = arn.split(":")
            if len(parts) > 2 and parts[2] == service and not _expressions(event):  # noqa: PLR2004
                yield _source_names(source, arn)

    return collection


def _source_names(source: Mapping[str, Any], arn: str) -> Mapping[str, Any]:
    filters = source.get("filters")
    return {
        "source_arn": arn,
        "source_name": arn.rsplit(":", 1)[-1],
        "source_arn_rule": arn.rsplit("/", 1)[-1],
        "source_filters": json.dumps(filters) if filters else None,
        "source_rule": source.get("rule_name", source.get("name", "")) or None,
        "batch_size": source.get("batch_size", 10),
    }


def _filtered(service: str) -> Items:
    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        yield from (names for names in _sources(service)(stage, command) if names["source_filters"])

    return collection


def _subnets(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    config = stage.settings.get("vpc_config") or {}
    yield from ({"subnet": subnet} for subnet in config.get("SubnetIds", ()))


COLLECTIONS: Mapping[str, Collection] = {
    "dynamodb_sources": Collection(_sources("dynamodb"), "each DynamoDB stream in `events`"),
    "events_sources": Collection(_sources("events"), "each EventBridge rule in `events`"),
    "kinesis_sources": Collection(_sources("kinesis"), "each Kinesis stream in `events`"),
    "rule_patterns": Collection(_rule_patterns, "the rules of the function"),
    "rules": Collection(_rules, "each expression in `events`, and `keep_warm`"),
    "s3_sources": Collection(_sources("s3"), "each bucket in `events`"),
    "sns_filtered_sources": Collection(_filtered("sns"), "each topic with filters in `events`"),
    "sns_sources": Collection(_sources("sns"), "each topic in `events`"),
    "sqs_sources": Collection(_sources("sqs"), "each queue in `events`"),
    "subnets": Collection(_subnets, "each subnet of `vpc_config`"),
}
