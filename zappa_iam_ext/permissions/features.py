"""Named facts about a stage and a command, by which rows of the table say when they apply.

A *feature* is a predicate; a *collection* yields the names of one call per item. Both are small enough
to be read beside Zappa's own condition, which each of them restates.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage

Feature = Callable[[Stage, Command], bool]
Collection = Callable[[Stage, Command], Iterator[Mapping[str, Any]]]
#: So much of the hash is left in a rule name with the longest event name that Zappa accepts in practice.
HASH_KEPT = 8


def _setting(name: str, default: Any = None) -> Feature:
    return lambda stage, _: bool(stage.settings.get(name, default))


def _gateway(stage: Stage, _: Command) -> bool:
    return bool(stage.settings.get("use_apigateway", True) and stage.settings.get("apigateway_enabled", True))


def _version(version: str) -> Feature:
    return lambda stage, command: (
        _gateway(stage, command)
        and (stage.settings.get("apigateway_version", "v1") == "v1") == (version == "v1")
    )


def _zip(_: Stage, command: Command) -> bool:
    return "zip" in command.flags


def _docker(_: Stage, command: Command) -> bool:
    return "docker-image-uri" in command.flags


def _packages(stage: Stage, command: Command) -> bool:
    return not _zip(stage, command) and not _docker(stage, command)


def _uploads(stage: Stage, command: Command) -> bool:
    return _packages(stage, command) and "no-upload" not in command.flags


def _manages_role(stage: Stage, command: Command) -> bool:
    """``deploy`` skips the role with --zip alone; ``update`` skips it with --zip and with an image."""
    if not stage.role.managed:
        return False
    return _packages(stage, command) or (command.name == "deploy" and _docker(stage, command))


def _looks_up_role(stage: Stage, command: Command) -> bool:
    """Without role_arn, unless Zappa just managed the role, the ARN comes from GetRole; schedule needs it for events."""
    if command.name == "schedule":
        return stage.role.arn is None and _schedules(stage, command)
    return stage.role.arn is None and not _manages_role(stage, command)


def _updates_code(stage: Stage, command: Command) -> bool:
    return command.name == "rollback" or not _packages(stage, command) or _uploads(stage, command)


def _snap_start(stage: Stage, _: Command) -> bool:
    return stage.settings.get("snap_start", "None") not in {None, "", "None"}


def _extra_publish(stage: Stage, command: Command) -> bool:
    return _snap_start(stage, command) or stage.settings.get("provisioned_concurrency") is not None


def _creates_efs(stage: Stage, _: Command) -> bool:
    return any("Arn" not in entry for entry in stage.efs_config)


def _touch(stage: Stage, command: Command) -> bool:
    return _gateway(stage, command) and bool(stage.settings.get("touch", True))


def _schedules(stage: Stage, _: Command) -> bool:
    return bool(stage.settings.get("events")) or bool(stage.settings.get("keep_warm", True))


def _async(kind: str) -> Feature:
    def feature(stage: Stage, _: Command) -> bool:
        wanted = stage.settings.get("async_resources", True)
        if kind == "sns":
            return bool(wanted) and stage.settings.get("async_source") == "sns"
        return bool(wanted) and bool(stage.settings.get("async_response_table"))

    return feature


def _own_api_key(stage: Stage, _: Command) -> bool:
    return bool(stage.settings.get("api_key_required")) and stage.settings.get("api_key") is not None


def _made_api_key(stage: Stage, _: Command) -> bool:
    return bool(stage.settings.get("api_key_required")) and stage.settings.get("api_key") is None


def _certificate(kind: str) -> Feature:
    def feature(stage: Stage, _: Command) -> bool:
        settings = stage.settings
        if not settings.get("domain"):
            return False
        arn, files = settings.get("certificate_arn"), settings.get("certificate")
        return kind == ("arn" if arn else "files" if files else "lets_encrypt")

    return feature


def _function_url_auth(kind: str) -> Feature:
    def feature(stage: Stage, _: Command) -> bool:
        config = stage.settings.get("function_url_config") or {}
        return bool(stage.settings.get("function_url_enabled")) and config.get("authorizer", "NONE") == kind

    return feature


def _token_authorizer(stage: Stage, _: Command) -> bool:
    authorizer = stage.settings.get("authorizer") or {}
    return bool(authorizer) and str(authorizer.get("type", "TOKEN")).upper() == "TOKEN"


def _needs_zone(stage: Stage, command: Command) -> bool:
    """Let's Encrypt always asks Route 53 for the zone; the others when Zappa keeps the records."""
    if _certificate("lets_encrypt")(stage, command):
        return True
    return _gateway(stage, command) and bool(stage.settings.get("route53_enabled", True))


def _checks_records(stage: Stage, command: Command) -> bool:
    """Let's Encrypt's path never passes ``route53_enabled`` on, and so always looks at the records."""
    if _certificate("lets_encrypt")(stage, command):
        return "manual" not in command.flags
    return _needs_zone(stage, command)


FEATURES: Mapping[str, Feature] = {
    "alb": _setting("alb_enabled", False),
    "api_key_made": _made_api_key,
    "api_key_owned": _own_api_key,
    "apigateway": _gateway,
    "apigateway_v1": _version("v1"),
    "apigateway_v2": _version("v2"),
    "apigateway_policy": _setting("apigateway_policy"),
    "async_sns": _async("sns"),
    "async_table": _async("table"),
    "authorizer": lambda stage, _: (
        bool(stage.settings.get("authorizer")) and not stage.settings.get("iam_authorization")
    ),
    "binary_support": _setting("binary_support", True),
    "certificate_arn": _certificate("arn"),
    "certificate_files": _certificate("files"),
    "cognito": _setting("cognito"),
    "concurrency": lambda stage, _: stage.settings.get("lambda_concurrency") is not None,
    "cors": _setting("cors", False),
    "creates_efs": _creates_efs,
    "delete_s3_zip": _setting("delete_s3_zip", True),
    "docker": _docker,
    "checks_records": _checks_records,
    "domain": _setting("domain"),
    "extra_publish": _extra_publish,
    "function_url": _setting("function_url_enabled", False),
    "function_url_iam": _function_url_auth("AWS_IAM"),
    "function_url_public": _function_url_auth("NONE"),
    "lets_encrypt": _certificate("lets_encrypt"),
    "lets_encrypt_key_on_s3": lambda stage, _: str(stage.settings.get("lets_encrypt_key", "")).startswith(
        "s3://"
    ),
    "looks_up_role": _looks_up_role,
    "manages_role": _manages_role,
    "needs_zone": _needs_zone,
    "manual": lambda _, command: "manual" in command.flags,
    "packages": _packages,
    "payload_compression": _setting("payload_compression", True),
    "provisioned_concurrency": lambda stage, _: stage.settings.get("provisioned_concurrency") is not None,
    "prunes_versions": lambda stage, _: stage.settings.get("num_retained_versions", 5) is not None,
    "qualifier": lambda _, command: "qualifier" in command.flags,
    "remove_logs": lambda _, command: "remove-logs" in command.flags,
    "role_managed": lambda stage, _: stage.role.managed,
    "route53": _setting("route53_enabled", True),
    "schedules": _schedules,
    "slim_handler": _setting("slim_handler", False),
    "snap_start": _snap_start,
    "tags": _setting("tags"),
    "token_authorizer": _token_authorizer,
    "touch": _touch,
    "updates_code": _updates_code,
    "uploads": _uploads,
    "websocket": lambda stage, _: stage.websocket,
    "zip": _zip,
    "zip_on_s3": lambda _, command: command.values.get("zip", "").startswith("s3://"),
}


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


def _sources(service: str) -> Collection:
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
        "source_filters": json.dumps(filters) if filters else None,
        "source_rule": source.get("rule_name", source.get("name", "")) or None,
        "batch_size": source.get("batch_size", 10),
    }


def _filtered(service: str) -> Collection:
    def collection(stage: Stage, command: Command) -> Iterator[Mapping[str, Any]]:
        yield from (names for names in _sources(service)(stage, command) if names["source_filters"])

    return collection


def _subnets(stage: Stage, _: Command) -> Iterator[Mapping[str, Any]]:
    config = stage.settings.get("vpc_config") or {}
    yield from ({"subnet": subnet} for subnet in config.get("SubnetIds", ()))


COLLECTIONS: Mapping[str, Collection] = {
    "dynamodb_sources": _sources("dynamodb"),
    "events_sources": _sources("events"),
    "kinesis_sources": _sources("kinesis"),
    "rule_patterns": _rule_patterns,
    "rules": _rules,
    "s3_sources": _sources("s3"),
    "sns_filtered_sources": _filtered("sns"),
    "sns_sources": _sources("sns"),
    "sqs_sources": _sources("sqs"),
    "subnets": _subnets,
}


def holds(condition: str, stage: Stage, command: Command) -> bool:
    """Say whether a feature holds; ``!name`` says that it does not."""
    if condition.startswith("!"):
        return not FEATURES[condition[1:]](stage, command)
    return FEATURES[condition](stage, command)
