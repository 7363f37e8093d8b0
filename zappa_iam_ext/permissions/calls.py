"""Reads the table of what Zappa calls: the AWS calls of one Zappa command for one stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from zappa_iam_ext.permissions.model import Call, Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.conditions import conditions, holds
from zappa_iam_ext.permissions.tables.rows import CallRow, TemplateRow, call_rows, template_rows
from zappa_iam_ext.permissions.tables.versions import parse_version

#: The first version with ``apigateway_lambda_qualifier`` and aliases of its own.
QUALIFIERS_SINCE = (0, 63, 0)


def calls_of(stage: Stage, command: Command) -> tuple[Call, ...]:
    """Return every AWS call that the installed version of Zappa may make for this command, in table order.

    Parameters that only AWS will know (the id of an API that does not exist yet) are ``*``.
    """
    return tuple(call for _, call in predictions(stage, command))


def predictions(stage: Stage, command: Command) -> Iterator[tuple[CallRow, Call]]:
    """Yield each call of `calls_of` with the row of the table that predicts it."""
    names = _names(stage, command)
    applies = conditions(stage, command)
    for row in _rows(command.name, stage.zappa_version):
        if applies(row.when):
            for item in _items(row, stage, command, names):
                yield row, _call(row, item, stage, command)


def distinct_calls(stage: Stage, commands: Iterable[Command]) -> Iterator[Call]:
    """Yield the calls of several commands; a call that several of them make alike is told by the first."""
    names_of: dict[object, Mapping[str, Any]] = {}
    told: set[tuple[object, object]] = set()
    for command in commands:
        alike = (command.flags, tuple(sorted(command.values.items())), _role_arn(stage, command))
        if alike not in names_of:
            names_of[alike] = _names(stage, command)
        applies = conditions(stage, command)
        for row in _rows(command.name, stage.zappa_version):
            key = (id(row), alike)
            if key not in told and applies(row.when):
                told.add(key)
                for item in _items(row, stage, command, names_of[alike]):
                    yield _call(row, item, stage, command)


@lru_cache(maxsize=64)
def _rows(command: str, zappa_version: str) -> tuple[CallRow, ...]:
    version = parse_version(zappa_version)
    return tuple(
        row for row in call_rows() if command in row.commands and not row.omitted and row.in_version(version)
    )


def template_resources(stage: Stage, command: Command, names: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the resources of the CloudFormation template that Zappa builds for the stage.

    Only what decides permissions is there: the types and the properties that rows ask for.
    """
    version = parse_version(stage.zappa_version)
    applies = conditions(stage, command)
    return {
        row.name: {"Type": row.type, "Properties": row.fill(names)}
        for row in template_rows()
        if row.in_version(version) and applies(row.when)
    }


def former_resources(stage: Stage, names: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the resources that former settings may have put into the stack and that the settings no longer ask for.

    Another version of Zappa may have put them there. A permission names the function, or the version or alias that
    API Gateway then called.
    """
    current = names["template"]["Resources"]
    return {
        f"{row.name} {arn}": former
        for row in template_rows()
        for arn in (stage.function_arn, f"{stage.function_arn}:*")
        if removed(former := _former(row, {**names, "qualified_function_arn": arn}), current.get(row.name))
    }


def _former(row: TemplateRow, names: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Type": row.type, "Properties": row.fill(names)}


def removed(former: Mapping[str, Any], current: Mapping[str, Any] | None) -> bool:
    """Say whether CloudFormation removes a resource for the one that now bears its name: another type or function.

    The function of a permission cannot be changed: the permission is replaced
    (CloudFormation Template Reference: AWS::Lambda::Permission, FunctionName).
    """
    if current is None or former["Type"] != current["Type"]:
        return True
    known = [(resource.get("Properties") or {}).get("FunctionName") for resource in (former, current)]
    return known[0] != known[1]


def _names(stage: Stage, command: Command) -> dict[str, Any]:
    names: dict[str, Any] = {
        **stage.settings,
        **stage_names(stage),
        **_flag_names(command),
        **_unmade_names(stage),
        **_api_names(stage),
        "code_key": stage.handler_key if stage.settings.get("slim_handler") else stage.package_key,
        "function_url_auth": (stage.settings.get("function_url_config") or {}).get("authorizer", "NONE"),
        "qualified_function_arn": qualified_function_arn(stage),
        "role_arn": _role_arn(stage, command),
        "stack_tags": _stack_tags(stage),
    }
    bucket, key = _s3_url(str(stage.settings.get("lets_encrypt_key", "")))
    names |= {"lets_encrypt_bucket": bucket, "lets_encrypt_object": key}
    names["template"] = {"Resources": template_resources(stage, command, names)}
    names["former_template"] = {"Resources": former_resources(stage, names)}
    return names


def stage_names(stage: Stage) -> dict[str, Any]:
    """Return the names that follow from the stage alone."""
    return {
        "account": stage.account,
        "archive_key": stage.archive_key,
        "bucket": stage.bucket_name,
        "bucket_configuration": None if stage.region == "us-east-1" else {"LocationConstraint": stage.region},
        "efs_config": _mounts(stage),
        "function_arn": stage.function_arn,
        "function_name": stage.function_name,
        "handler_key": stage.handler_key,
        "log_group": f"/aws/lambda/{stage.function_name}",
        "package_key": stage.package_key,
        "partition": stage.partition,
        "region": stage.region,
        "role_name": stage.role.name,
        "role_path": stage.role.path if stage.role.path != "/" else None,
        "stack_name": stage.stack_name,
        "stage": stage.name,
        "template_key": stage.template_key,
        "topic_arn": f"arn:{stage.partition}:sns:{stage.region}:{stage.account}:{stage.topic_name}",
        "topic_name": stage.topic_name,
    }


def _flag_names(command: Command) -> dict[str, Any]:
    bucket, key = _s3_url(command.values.get("zip", ""))
    return {
        "image_uri": command.values.get("docker-image-uri") or "*",
        "qualifier": command.values.get("qualifier") or "*",
        "zip_bucket": bucket,
        "zip_key": key,
    }


def _unmade_names(stage: Stage) -> dict[str, Any]:
    """Return patterns for what only AWS will name."""
    balancing = f"arn:{stage.partition}:elasticloadbalancing:{stage.region}:{stage.account}:"
    return {
        "alb_scheme": (stage.settings.get("alb_vpc_config") or {}).get("Scheme", "internet-facing"),
        "alb_arn": f"{balancing}loadbalancer/app/{stage.function_name}/*",
        "api_id": "*",
        "listener_arn": f"{balancing}listener/app/{stage.function_name}/*",
        "target_group_arn": f"{balancing}targetgroup/{stage.function_name}/*",
    }


def _api_names(stage: Stage) -> dict[str, Any]:
    """Return what the template says of the API: that it has a policy, and its kind of endpoint."""
    types = stage.settings.get("endpoint_configuration")
    return {
        "api_policy": "*" if stage.settings.get("apigateway_policy") else None,
        "endpoint": {"Types": list(types)} if types else None,
    }


def _mounts(stage: Stage) -> list[Mapping[str, Any]]:
    """Return what the function mounts; an access point that Zappa will make has no ARN yet."""
    unmade = f"arn:{stage.partition}:elasticfilesystem:{stage.region}:{stage.account}:access-point/*"
    return [{"Arn": unmade, **mount} for mount in stage.efs_config]


def _role_arn(stage: Stage, command: Command) -> str:
    """Return the role that Zappa passes: its managed one where the command makes it (``create_iam_roles``).

    It wins over ``role_arn``, which every other command passes (``Zappa.__init__``).
    """
    if holds("manages_role", stage, command):
        return stage.named_role_arn
    return stage.role_arn


def qualified_function_arn(stage: Stage) -> str:
    """Return the function ARN that API Gateway calls (``load_settings``, ``_get_qualified_lambda_arn``).

    Until 0.62.1 Zappa knew no qualifier.
    """
    if parse_version(stage.zappa_version) < QUALIFIERS_SINCE:
        return stage.function_arn
    given = str(stage.settings.get("apigateway_lambda_qualifier") or "").strip()
    if not given and stage.settings.get("snap_start", "None") not in {None, "", "None"}:
        given = "snapstart"
    elif not given and stage.settings.get("provisioned_concurrency") is not None:
        given = "provisioned-concurrency"
    return f"{stage.function_arn}:{given}" if given else stage.function_arn


def _stack_tags(stage: Stage) -> list[dict[str, str]]:
    tags = stage.settings.get("tags") or {}
    own = [{"Key": str(key), "Value": str(value)} for key, value in tags.items() if key != "ZappaProject"]
    return [*own, {"Key": "ZappaProject", "Value": stage.stack_name}]


def _s3_url(url: str) -> tuple[str | None, str | None]:
    if not url.startswith("s3://"):
        return None, None
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def _items(
    row: CallRow, stage: Stage, command: Command, names: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    if not row.each:
        yield names
        return
    for item in COLLECTIONS[row.each].items(stage, command):
        yield {**names, **item}


def _call(row: CallRow, names: Mapping[str, Any], stage: Stage, command: Command) -> Call:
    return Call(
        service=row.service,
        operation=row.operation,
        parameters=row.fill(names),
        command=command.name,
        because=row.because,
        source=row.source,
        consequence=row.on_denied,
        symptom=row.symptom,
        setting=row.setting,
        region=row.region or stage.region,
        only_if=row.only_if,
    )
