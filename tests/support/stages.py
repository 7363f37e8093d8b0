"""Stages for tests, as Zappa would resolve them, without a settings file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from zappa_iam_ext.permissions.stage import ExecutionRole, Stage

ACCOUNT = "123456789012"


def stage(
    settings: Mapping[str, Any] | None = None,
    *,
    project: str = "hello",
    name: str = "dev",
    zappa: str = "",
    websocket: bool = False,
    region: str = "us-east-1",
    partition: str = "aws",
    account: str | None = ACCOUNT,
) -> Stage:
    """Return a stage with these settings; the rest is what Zappa makes of it (``cli.py: ZappaCLI.load_settings``)."""
    given = dict(settings or {})
    function = f"{project}-{name}"
    mounts = given.get("efs_config") or ()
    if mounts is True:
        mounts = [{"LocalMountPath": "/mnt/efs"}]
    return Stage(
        name=name,
        project_name=project,
        function_name=function,
        settings=given,
        region=region,
        zappa_version=zappa or version("zappa"),
        role=ExecutionRole(
            name=given.get("role_name", f"{function}-ZappaLambdaExecutionRole"),
            arn=given.get("role_arn"),
            managed=given.get("manage_roles", True),
        ),
        partition=partition,
        account_id=account,
        bucket=given.get("s3_bucket"),
        websocket=websocket,
        efs_config=tuple([mounts] if isinstance(mounts, Mapping) else mounts),
    )
