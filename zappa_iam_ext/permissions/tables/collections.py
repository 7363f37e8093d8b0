"""Named lists of things that a stage has several of: a row of the table that names one stands for a call per item.

A *collection* yields the names that the parameters of one such call are written in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.versions import Version, parse_version

Items = Callable[[Stage, Command], Iterator[Mapping[str, Any]]]
#: The last version that left event sources to kappa, which names a rule after the ARN of the source.
LAST_WITH_KAPPA: Version = (0, 60, 2)


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
            if rule := stage.rule_name(event, index):
                yield {"rule": rule, "expression": expression}


def _rule_patterns(*, former: bool) -> Items:
    """Collect patterns of the function's rules: those that the settings make, or those that only former ones may have made."""

    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        names = [item["rule"] for item in _rules(stage, command)]
        for pattern in stage.rule_patterns():
            glob = text_glob(pattern)
            if former != any(map(glob.matches, names)):
                yield {"rule_pattern": pattern}
        if former:
            yield from ({"rule_pattern": rule} for rule in _rules_of_kappa(stage, command))

    return collection


def _rules_of_kappa(stage: Stage, command: Command) -> Iterator[str]:
    """Yield the rules that Zappa until 0.60.2 named after the ARN of an EventBridge source, where it names them otherwise now."""
    for names in _named_rules(removed=True)(stage, command):
        rule = names["source_arn"].rsplit("/", 1)[-1]
        if rule not in {names["source_rule"], names["source_arn"]}:
            yield rule


def _sources(service: str, *, removed: bool = False) -> Items:
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


def _named_rules(*, removed: bool = False) -> Items:
    """Collect the EventBridge sources whose rule has a name."""

    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        found = _sources("events", removed=removed)(stage, command)
        yield from (names for names in found if names["source_rule"])

    return collection


def _filtered(service: str) -> Items:
    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        yield from (names for names in _sources(service)(stage, command) if names["source_filters"])

    return collection


def _shared(service: str) -> Items:
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
    "dynamodb_removed": Collection(
        _sources("dynamodb", removed=True), "each DynamoDB stream in `events`, scheduled or not"
    ),
    "dynamodb_sources": Collection(_sources("dynamodb"), "each DynamoDB stream in `events`"),
    "events_removed": Collection(
        _named_rules(removed=True), "each EventBridge rule with a name in `events`, scheduled or not"
    ),
    "events_sources": Collection(_named_rules(), "each EventBridge rule with a name in `events`"),
    "former_rule_patterns": Collection(
        _rule_patterns(former=True), "the rules that former settings may have named for the function"
    ),
    "kinesis_removed": Collection(
        _sources("kinesis", removed=True), "each Kinesis stream in `events`, scheduled or not"
    ),
    "kinesis_sources": Collection(_sources("kinesis"), "each Kinesis stream in `events`"),
    "rule_patterns": Collection(
        _rule_patterns(former=False), "the rules that the settings name for the function"
    ),
    "rules": Collection(_rules, "each expression in `events`, and `keep_warm`"),
    "s3_removed": Collection(_sources("s3", removed=True), "each bucket in `events`, scheduled or not"),
    "s3_sources": Collection(_sources("s3"), "each bucket in `events`"),
    "sns_filtered_sources": Collection(_filtered("sns"), "each topic with filters in `events`"),
    "sns_removed": Collection(_sources("sns", removed=True), "each topic in `events`, scheduled or not"),
    "sns_shared_sources": Collection(_shared("sns"), "each topic of several `events`"),
    "sns_sources": Collection(_sources("sns"), "each topic in `events`"),
    "sqs_removed": Collection(_sources("sqs", removed=True), "each queue in `events`, scheduled or not"),
    "sqs_sources": Collection(_sources("sqs"), "each queue in `events`"),
    "subnets": Collection(_subnets, "each subnet of `vpc_config`"),
}
