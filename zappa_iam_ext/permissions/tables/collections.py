"""Named lists of things that a stage has several of: a row of the table that names one stands for a call per item.

A *collection* yields the names that the parameters of one such call are written in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse

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


def _kinesis(*, consumers: bool) -> Items:
    """Collect the Kinesis sources that are streams, or those that are consumers of a stream (enhanced fan-out)."""

    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        for names in _sources("kinesis")(stage, command):
            stream, consumer, _ = names["source_arn"].partition("/consumer/")
            if bool(consumer) is consumers:
                yield {**names, "stream_arn": stream}

    return collection


def _polled_elsewhere(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
    """Yield the queues and streams of another region than the function's."""
    for service in ("dynamodb", "kinesis", "sqs"):
        for names in _sources(service)(stage, command):
            region = names["source_arn"].split(":")[3]
            if region and region != stage.region:
                yield {**names, "source_region": region}


def _tables(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
    """Yield the DynamoDB sources that are tables, which Lambda cannot poll."""
    for names in _sources("dynamodb")(stage, command):
        if "/stream/" not in names["source_arn"]:
            yield names


def _dead_letters(service: str) -> Items:
    def collection(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
        target = stage.settings.get("dead_letter_arn")
        if isinstance(target, str) and target.split(":")[2:3] == [service]:
            yield {"dead_letter_arn": target}

    return collection


def _authorizers(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    """Yield the function of a TOKEN authorizer that is another one (``core.py``, ``create_api_gateway_routes``)."""
    authorizer = stage.settings.get("authorizer")
    if isinstance(authorizer, Mapping) and isinstance(authorizer.get("arn"), str):
        yield {"authorizer_arn": authorizer["arn"]}


def _remote_env(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    """Yield the object of ``remote_env``, by which ``remote_env_bucket`` and ``_file`` are passed over.

    Zappa reads any URL so (``utilities.py``, ``parse_s3_url``), and none without a bucket and a key (``handler.py``).
    """
    settings = stage.settings
    url = str(settings.get("remote_env") or "")
    if not url and settings.get("remote_env_bucket") and settings.get("remote_env_file"):
        url = f"s3://{settings['remote_env_bucket']}/{settings['remote_env_file']}"
    parts = urlparse(url)
    if parts.netloc and parts.path.strip("/"):
        yield {"remote_bucket": parts.netloc, "remote_key": parts.path.strip("/")}


def _response_tables(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    """Yield the ARN of the table of asynchronous answers, which boto3 takes by name or by ARN."""
    table = stage.settings.get("async_response_table")
    if isinstance(table, str) and table:
        named = f"arn:{stage.partition}:dynamodb:{stage.region}:{stage.account}:table/{table}"
        yield {"response_table_arn": table if table.startswith("arn:") else named}


def _mounts(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    """Yield the access points that the function mounts; one that Zappa will make has no ARN yet."""
    of = f"arn:{stage.partition}:elasticfilesystem:{stage.region}:{stage.account}"
    for mount in stage.efs_config:
        arn = mount.get("Arn") or f"{of}:access-point/*"
        yield {
            "access_point": arn,
            "file_systems": f"{str(arn).partition(':access-point/')[0]}:file-system/*",
        }


COLLECTIONS: Mapping[str, Collection] = {
    "authorizers": Collection(_authorizers, "the function that `authorizer` names by `arn`"),
    "dead_letter_queues": Collection(_dead_letters("sqs"), "`dead_letter_arn` of a queue"),
    "dead_letter_topics": Collection(_dead_letters("sns"), "`dead_letter_arn` of a topic"),
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
    "kinesis_consumers": Collection(
        _kinesis(consumers=True), "each consumer of a Kinesis stream in `events`"
    ),
    "kinesis_removed": Collection(
        _sources("kinesis", removed=True), "each Kinesis stream in `events`, scheduled or not"
    ),
    "kinesis_sources": Collection(_sources("kinesis"), "each Kinesis stream in `events`"),
    "kinesis_streams": Collection(
        _kinesis(consumers=False), "each Kinesis stream in `events` without a consumer"
    ),
    "mounts": Collection(_mounts, "each mount of `efs_config`"),
    "polled_elsewhere": Collection(_polled_elsewhere, "each queue and stream of another region in `events`"),
    "remote_env": Collection(_remote_env, "`remote_env`, or `remote_env_bucket` and `remote_env_file`"),
    "response_tables": Collection(_response_tables, "`async_response_table`, whoever makes it"),
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
    "tables": Collection(_tables, "each DynamoDB table, in place of its stream, in `events`"),
    "subnets": Collection(_subnets, "each subnet of `vpc_config`"),
}
