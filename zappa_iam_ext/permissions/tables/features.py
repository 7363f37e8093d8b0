"""Named facts about a stage and a command, by which rows of the table say when they apply.

A *feature* is a predicate, small enough to be read beside Zappa's own condition, which it restates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import MAX_ROLE_NAME, Stage
from zappa_iam_ext.permissions.tables.versions import Version, parse_version

Predicate = Callable[[Stage, Command], bool]
#: The first version with ``apigateway_version``.
HTTP_APIS_SINCE: Version = (0, 61, 0)
#: The first version that keeps no more than `RETAINED` versions of the function unless told otherwise.
RETENTION_SINCE: Version = (0, 63, 0)
RETAINED = 5


@dataclass(frozen=True, slots=True)
class Feature:
    """A predicate, and the words that the documentation has for it (Markdown)."""

    predicate: Predicate
    words: str


def _setting(name: str, default: Any = None) -> Predicate:
    return lambda stage, _: bool(stage.settings.get(name, default))


def _gateway(stage: Stage, _: Command) -> bool:
    return bool(stage.settings.get("use_apigateway", True) and stage.settings.get("apigateway_enabled", True))


def _version(version: str) -> Predicate:
    return lambda stage, command: _gateway(stage, command) and (_rest_api(stage) == (version == "v1"))


def _rest_api(stage: Stage) -> bool:
    """Say whether the API is a REST API (version v1), the only kind until 0.60.2."""
    return _before(stage, HTTP_APIS_SINCE) or stage.settings.get("apigateway_version", "v1") == "v1"


def _before(stage: Stage, version: Version) -> bool:
    return parse_version(stage.zappa_version) < version


def _prunes_versions(stage: Stage, _: Command) -> bool:
    """Five versions are kept by default since 0.63.0, all of them before."""
    default = None if _before(stage, RETENTION_SINCE) else RETAINED
    return stage.settings.get("num_retained_versions", default) is not None


def _zip(_: Stage, command: Command) -> bool:
    return "zip" in command.flags


def _docker(_: Stage, command: Command) -> bool:
    return "docker-image-uri" in command.flags


def _packages(stage: Stage, command: Command) -> bool:
    return not _zip(stage, command) and not _docker(stage, command)


def _uploads(stage: Stage, command: Command) -> bool:
    return _packages(stage, command) and "no-upload" not in command.flags


def _manages_role(stage: Stage, command: Command) -> bool:
    """``deploy`` skips the role with --zip alone; ``update`` skips it with --zip and with an image; no other makes it."""
    if not stage.role.managed or command.name not in {"deploy", "update"}:
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
    """``schedule`` ends at once when ``events`` is no list."""
    events = stage.settings.get("events")
    if events and not isinstance(events, list):
        return False
    return bool(events) or bool(stage.settings.get("keep_warm", True))


def _async(kind: str) -> Predicate:
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


def _certificate(*kinds: str) -> Predicate:
    """``certify`` takes a certificate of AWS first, then one in files, and asks Let's Encrypt last; without any it stops."""
    settings_of = {"arn": "certificate_arn", "files": "certificate", "lets_encrypt": "lets_encrypt_key"}

    def feature(stage: Stage, _: Command) -> bool:
        if not stage.settings.get("domain"):
            return False
        found = (kind for kind, setting in settings_of.items() if stage.settings.get(setting))
        return next(found, "none") in kinds

    return feature


def _function_url_auth(kind: str) -> Predicate:
    def feature(stage: Stage, _: Command) -> bool:
        config = stage.settings.get("function_url_config") or {}
        return bool(stage.settings.get("function_url_enabled")) and config.get("authorizer", "NONE") == kind

    return feature


def _token_authorizer(stage: Stage, _: Command) -> bool:
    authorizer = stage.settings.get("authorizer") or {}
    return bool(authorizer) and str(authorizer.get("type", "TOKEN")).upper() == "TOKEN"


def _certifies_api(stage: Stage, command: Command) -> bool:
    """Until 0.60.2 ``certify`` did not ask whether there is an API Gateway."""
    return _gateway(stage, command) or _before(stage, HTTP_APIS_SINCE)


def _makes_bucket_again(stage: Stage, _: Command) -> bool:
    """Whether a bucket that Zappa takes for missing can be made: its own one of us-east-1 again, or one of a new name."""
    return stage.region == "us-east-1" or stage.bucket is None


def _needs_zone(stage: Stage, command: Command) -> bool:
    """Let's Encrypt always asks Route 53 for the zone; the others when Zappa keeps the records."""
    if _certificate("lets_encrypt")(stage, command):
        return True
    wanted = bool(stage.settings.get("route53_enabled", True))
    return wanted and _certifies_api(stage, command) and _certificate("arn", "files")(stage, command)


def _checks_records(stage: Stage, command: Command) -> bool:
    """Let's Encrypt's path never passes ``route53_enabled`` on, and so always looks at the records."""
    if _certificate("lets_encrypt")(stage, command):
        return "manual" not in command.flags
    return _needs_zone(stage, command)


def _in_vpc(stage: Stage, _: Command) -> bool:
    """Say whether the function is in a VPC: an empty list of subnets takes it out."""
    config = stage.settings.get("vpc_config")
    return isinstance(config, Mapping) and bool(config.get("SubnetIds"))


def _own_setting(name: str, kind: type) -> Predicate:
    """Return whether a setting of ours (``iam_ext``) is given, and of its kind."""

    def feature(stage: Stage, _: Command) -> bool:
        own = stage.settings.get("iam_ext")
        return isinstance(own, Mapping) and isinstance(own.get(name), kind) and bool(own[name])

    return feature


FEATURES: Mapping[str, Feature] = {
    "alb": Feature(_setting("alb_enabled", False), "`alb_enabled`"),
    "api_key_made": Feature(_made_api_key, "`api_key_required` without `api_key`"),
    "api_key_owned": Feature(_own_api_key, "`api_key_required` with `api_key`"),
    "apigateway": Feature(_gateway, "API Gateway is used"),
    "apigateway_v1": Feature(_version("v1"), "API Gateway v1"),
    "apigateway_v2": Feature(_version("v2"), "API Gateway v2"),
    "async_by_sns": Feature(
        lambda stage, _: stage.settings.get("async_source") == "sns",
        "`async_source` is `sns`, whoever makes the topic",
    ),
    "async_sns": Feature(_async("sns"), "`async_source` is `sns`"),
    "async_table": Feature(_async("table"), "`async_response_table`"),
    "authorizer": Feature(
        lambda stage, _: (
            bool(stage.settings.get("authorizer")) and not stage.settings.get("iam_authorization")
        ),
        "`authorizer`, without `iam_authorization`",
    ),
    "binary_support": Feature(_setting("binary_support", True), "`binary_support`"),
    "bucket_given": Feature(lambda stage, _: stage.bucket is not None, "`s3_bucket`"),
    "certificate": Feature(_certificate("arn", "files"), "`certificate_arn` or `certificate`"),
    "certificate_files": Feature(_certificate("files"), "`certificate` in files"),
    "certifies_api": Feature(_certifies_api, "API Gateway is used, or Zappa does not ask (until 0.60.2)"),
    "cognito": Feature(_setting("cognito"), "`cognito`"),
    "concurrency": Feature(
        lambda stage, _: stage.settings.get("lambda_concurrency") is not None, "`lambda_concurrency`"
    ),
    "cors": Feature(_setting("cors", False), "`cors`"),
    "creates_efs": Feature(_creates_efs, "`efs_config` without `Arn`"),
    "delete_s3_zip": Feature(_setting("delete_s3_zip", True), "`delete_s3_zip`"),
    "docker": Feature(_docker, "`--docker-image-uri`"),
    "checks_records": Feature(_checks_records, "Route 53 or Let's Encrypt, without `--manual`"),
    "domain": Feature(_setting("domain"), "`domain`"),
    "efs": Feature(lambda stage, _: bool(stage.efs_config), "`efs_config`"),
    "extra_publish": Feature(_extra_publish, "`snap_start` or `provisioned_concurrency`"),
    "function_url": Feature(_setting("function_url_enabled", False), "`function_url_enabled`"),
    "function_url_iam": Feature(_function_url_auth("AWS_IAM"), "a function URL with IAM"),
    "function_url_public": Feature(_function_url_auth("NONE"), "a public function URL"),
    "lets_encrypt": Feature(_certificate("lets_encrypt"), "`lets_encrypt_key`"),
    "lets_encrypt_key_on_s3": Feature(
        lambda stage, _: str(stage.settings.get("lets_encrypt_key", "")).startswith("s3://"),
        "the key is on S3",
    ),
    "looks_up_role": Feature(_looks_up_role, "a role by name that Zappa does not manage"),
    "long_role_name": Feature(
        lambda stage, _: stage.role.arn is None and len(stage.role.name) > MAX_ROLE_NAME,
        "a role name too long for IAM",
    ),
    "log_group_exists": Feature(_own_setting("log_group_exists", bool), "`iam_ext.log_group_exists`"),
    "makes_bucket_again": Feature(_makes_bucket_again, "(us-east-1, or no `s3_bucket`)"),
    "manages_role": Feature(_manages_role, "`manage_roles`, and a package or a first image"),
    "needs_zone": Feature(_needs_zone, "`route53_enabled` or Let's Encrypt"),
    "manual": Feature(lambda _, command: "manual" in command.flags, "`--manual`"),
    "packages": Feature(_packages, "no `--zip`, no image"),
    "payload_compression": Feature(_setting("payload_compression", True), "`payload_compression`"),
    "provisioned_concurrency": Feature(
        lambda stage, _: stage.settings.get("provisioned_concurrency") is not None,
        "`provisioned_concurrency`",
    ),
    "prunes_versions": Feature(_prunes_versions, "`num_retained_versions`"),
    "qualifier": Feature(lambda _, command: "qualifier" in command.flags, "`--qualifier`"),
    "remove_logs": Feature(lambda _, command: "remove-logs" in command.flags, "`--remove-logs`"),
    "role_managed": Feature(lambda stage, _: stage.role.managed, "`manage_roles`"),
    "route53": Feature(_setting("route53_enabled", True), "`route53_enabled`"),
    "schedules": Feature(_schedules, "`events` or `keep_warm`"),
    "own_attach_policy": Feature(_setting("attach_policy"), "`attach_policy`"),
    "slim_handler": Feature(_setting("slim_handler", False), "`slim_handler`"),
    "snap_start": Feature(_snap_start, "`snap_start`"),
    "standard_partition": Feature(lambda stage, _: stage.partition == "aws", "the standard partition"),
    "tags": Feature(_setting("tags"), "`tags`"),
    "token_authorizer": Feature(_token_authorizer, "of type TOKEN"),
    "touch": Feature(_touch, "`touch`"),
    "updates_code": Feature(_updates_code, "code is updated"),
    "uploads": Feature(_uploads, "a package is uploaded"),
    "us_east_1": Feature(lambda stage, _: stage.region == "us-east-1", "in us-east-1"),
    "vpc": Feature(_in_vpc, "`vpc_config` with subnets"),
    "websocket": Feature(lambda stage, _: stage.websocket, "a WebSocket API"),
    "xray": Feature(_setting("xray_tracing"), "`xray_tracing`"),
    "websocket_api_known": Feature(_own_setting("websocket_api", str), "`iam_ext.websocket_api`"),
    "zip": Feature(_zip, "`--zip`"),
    "zip_on_s3": Feature(lambda _, command: command.values.get("zip", "").startswith("s3://"), "from S3"),
}
