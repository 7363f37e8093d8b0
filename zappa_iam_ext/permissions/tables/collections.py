"""Named lists of things that a stage has several of: a row of the table that names one stands for a call per item.

A *collection* yields the names that the parameters of one such call are written in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.rows import Version, parse_version

Collection = Callable[[Stage, Command], Iterator[Mapping[str, Any]]]
#: The last version that left event sources to kappa, which names a rule after the ARN of the source.
LAST_WITH_KAPPA: Version = (0, 60, 2)


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
            if rule := stage.rule_name(event, index):
                yield {"rule": rule, "expression": expression}


def _rule_patterns(*, former: bool) -> Collection:
    """Collect patterns of the function's rules: those that the settings make, or those that only former ones may have made."""

    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        names = [item["rule"] for item in _rules(stage, command)]
        for pattern in stage.rule_patterns():
            glob = text_glob(pattern)
            if former != any(map(glob.matches, names)):
                yield {"rule_pattern": pattern}

    return collection


def _sources(service: str, *, removed: bool = False) -> Collection:
    """Collect the event sources of a service: those that Zappa connects, or also those that it only removes.

    An event with an expression is scheduled and its source left alone (``schedule_events``); its source is removed all
    the same (``unschedule_events``).
    """

    def collection(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
        for event in _events(stage, scheduled=False):
            source = event.get("event_source")
            if not isinstance(source, Mapping):
                continue
            arn = str(source.get("arn", ""))
            parts = arn.split(":")
            if len(parts) > 2 and parts[2] == service and (removed or not _expressions(event)):  # noqa: PLR2004
                yield _source_names(stage, source, arn)

    return collection


def _source_names(stage: Stage, source: Mapping[str, Any], arn: str) -> Mapping[str, Any]:
    filters = source.get("filters")
    return {
        "source_arn": arn,
        "source_name": arn.rsplit(":", 1)[-1],
        "source_filters": json.dumps(filters) if filters else None,
        "source_role": source.get("role_arn"),
        "source_rule": _rule_of(stage, source, arn),
        "batch_size": source.get("batch_size", 10),
    }


def _rule_of(stage: Stage, source: Mapping[str, Any], arn: str) -> str | None:
    """Return the rule of an EventBridge source: since 0.61 one that has no name is refused before any call."""
    if parse_version(stage.zappa_version) <= LAST_WITH_KAPPA:
        return arn.rsplit("/", 1)[-1]
    return source.get("rule_name", source.get("name", "")) or None


def _named_rules(*, removed: bool = False) -> Collection:
    """Collect the EventBridge sources whose rule has a name."""

    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        found = _sources("events", removed=removed)(stage, command)
        yield from (names for names in found if names["source_rule"])

    return collection


def _filtered(service: str) -> Collection:
    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        yield from (names for names in _sources(service)(stage, command) if names["source_filters"])

    return collection


def _shared(service: str) -> Collection:
    """Collect the sources that more than one event names: the second event finds what the first one made."""

    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        told: Counter[str] = Counter()
        for names in _sources(service)(stage, command):
            told[names["source_arn"]] += 1
            if told[names["source_arn"]] == 2:  # noqa: PLR2004
                yield names

    return collection


def _subnets(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    config = stage.settings.get("vpc_config") or {}
    yield from ({"subnet": subnet} for subnet in config.get("SubnetIds", ()))


COLLECTIONS: Mapping[str, Collection] = {
    "dynamodb_removed": _sources("dynamodb", removed=True),
    "dynamodb_sources": _sources("dynamodb"),
    "events_removed": _named_rules(removed=True),
    "events_sources": _named_rules(),
    "former_rule_patterns": _rule_patterns(former=True),
    "kinesis_removed": _sources("kinesis", removed=True),
    "kinesis_sources": _sources("kinesis"),
    "rule_patterns": _rule_patterns(former=False),
    "rules": _rules,
    "s3_removed": _sources("s3", removed=True),
    "s3_sources": _sources("s3"),
    "sns_filtered_sources": _filtered("sns"),
    "sns_removed": _sources("sns", removed=True),
    "sns_shared_sources": _shared("sns"),
    "sns_sources": _sources("sns"),
    "sqs_removed": _sources("sqs", removed=True),
    "sqs_sources": _sources("sqs"),
    "subnets": _subnets,
}
