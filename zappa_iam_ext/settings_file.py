"""Finds and reads the settings through Zappa itself: no AWS call, nothing written, stdout left alone."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ProfileNotFound

from zappa_iam_ext.aws.errors import translate
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import ExecutionRole, Stage

_OWN_VARIABLES = "ZAPPA_IAM_EXT_"
_HINT = "See the settings file that Zappa documents, or run `zappa init`."


def read_stages(
    path: str | Path | None = None,
    *,
    stage: str | None = None,
    all_stages: bool = False,
    profile: str | None = None,
    region: str | None = None,
) -> tuple[Stage, ...]:
    """Return the stages of a settings file (JSON, YAML, TOML, or Zappa's environment variables), as Zappa resolves them.

    Without ``stage`` the only stage of the file is meant. ``profile`` and ``region`` take the place of the
    stage's own. Raises `SettingsError` for everything that is wrong with the file or the stage.
    """
    names = _stage_names(path, stage, all_stages=all_stages)
    return tuple(_read_stage(path, name, profile, region) for name in names)


def stage_names(path: str | Path | None = None) -> tuple[str, ...]:
    """Return the names of the stages of a settings file; raise `SettingsError` as `read_stages` does."""
    return _stage_names(path, None, all_stages=True)


def stage_from_cli(zappa_cli: Any) -> Stage:
    """Return the stage of a running ``ZappaCLI``, as a callback gets it, after it loaded its settings."""
    with _as_settings_errors(getattr(zappa_cli, "settings_file", None), zappa_cli.api_stage):
        region = (
            zappa_cli.zappa.boto_session.region_name
            if zappa_cli.zappa.boto_session
            else zappa_cli.zappa.aws_region
        )
        return _stage(zappa_cli, zappa_cli.profile_name, region or "")


def command_from_cli(zappa_cli: Any) -> Command:
    """Return the command that a running ``ZappaCLI`` carries out, with the flags that change its calls."""
    given = zappa_cli.vargs or {}
    flags = {
        name.replace("_", "-")
        for name in ("zip", "docker_image_uri", "no_upload", "remove_logs", "qualifier", "manual")
        if given.get(name)
    }
    values = {
        name.replace("_", "-"): str(given[name])
        for name in ("zip", "docker_image_uri", "qualifier")
        if given.get(name)
    }
    return Command(zappa_cli.command, frozenset(flags), values)


def _stage_names(path: str | Path | None, stage: str | None, *, all_stages: bool) -> tuple[str, ...]:
    with _as_settings_errors(path, stage):
        cli = _zappa_cli(stage)
        with _reading():
            cli.load_settings_file(_checked_path(path))
        settings = cli.zappa_settings
        if not isinstance(settings, Mapping) or not settings:
            raise SettingsError(f"{_named(path)} has no stages", hint="A settings file is a table of stages.")
        for name, values in settings.items():
            if not isinstance(name, str) or not isinstance(values, Mapping):
                raise SettingsError(
                    f"{_named(path)}: stage {str(name)[:80]!r} is not a table of settings", hint=_HINT
                )
    if all_stages:
        return tuple(settings)
    if stage is None and len(settings) > 1:
        raise SettingsError(
            f"{_named(path)} has several stages: {', '.join(settings)}",
            hint="Name one of them, or give --all.",
        )
    if stage is not None and stage not in settings:
        raise SettingsError(
            f"{_named(path)} has no stage {stage!r}", hint=f"Its stages are {', '.join(settings)}."
        )
    return (stage or next(iter(settings)),)


def _read_stage(path: str | Path | None, name: str, profile: str | None, region: str | None) -> Stage:
    with _as_settings_errors(path, name):
        cli = _zappa_cli(name)
        with _reading():
            cli.load_settings(_checked_path(path))
        wanted = profile or cli.profile_name
        return _stage(cli, wanted, region or _region(cli.aws_region, wanted))


def _zappa_cli(stage: str | None) -> Any:
    """Return a ``ZappaCLI`` that has no credentials and so can call nobody."""
    from zappa.cli import ZappaCLI

    cli = ZappaCLI()
    cli.load_credentials = False
    cli.api_stage = stage
    cli.stage_env = stage
    cli.vargs = {}
    return cli


def _checked_path(path: str | Path | None) -> str | None:
    if path is None:
        return None
    if not Path(path).is_file():
        raise SettingsError(f"there is no settings file {path}", hint="Name one with -s/--settings-file.")
    return str(path)


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Leave stdout alone, and hide our own variables: Zappa takes every ``ZAPPA_*`` for a setting."""
    own = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(_OWN_VARIABLES)}
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.environ.update(own)


def _region(setting: str | None, profile: str | None) -> str:
    """Return the region as ``Zappa.load_credentials`` would find it; reading the config file is no AWS call."""
    if setting:
        return str(setting)
    from botocore.session import Session

    try:
        region = Session(profile=profile).get_config_variable("region")
    except ProfileNotFound:
        region = os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise SettingsError(
            "no AWS region is set",
            hint="Set aws_region in the stage, region in the profile, or give --region.",
        )
    return str(region)


def _partition(region: str) -> str:
    known = partitions()
    for name, regions in known.items():
        if region in regions:
            return name
    names = sorted(name for regions in known.values() for name in regions)
    swapped = [name for name in names if sorted(name) == sorted(region)]
    near = swapped or difflib.get_close_matches(region, names, n=1)
    meant = f"Did you mean {near[0]}?" if near else "A region is called like us-east-1."
    raise SettingsError(
        f"there is no AWS region {region[:80]!r}", hint=f"{meant} (For a new region, update botocore.)"
    )


@lru_cache(maxsize=1)
def partitions() -> Mapping[str, frozenset[str]]:
    """Return the regions of each AWS partition, from botocore's own data; no configuration is read."""
    from botocore.loaders import Loader

    return {
        item["id"]: frozenset(name for name in item["regions"] if not name.endswith("-global"))
        for item in Loader().load_data("partitions")["partitions"]
    }


def _stage(cli: Any, profile: str | None, region: str) -> Stage:
    from zappa import __version__

    settings: Mapping[str, Any] = cli.stage_config
    return Stage(
        name=cli.api_stage,
        project_name=cli.project_name,
        function_name=cli.lambda_name,
        settings=settings,
        region=region,
        zappa_version=__version__,
        role=_role(cli, settings),
        partition=_partition(region),
        profile_name=profile,
        bucket=_bucket(settings),
        websocket=bool(getattr(cli, "use_websocket", False)),
        efs_config=tuple(getattr(cli, "efs_config", None) or ()),
    )


def _bucket(settings: Mapping[str, Any]) -> str | None:
    bucket = settings.get("s3_bucket")
    if bucket is not None and not isinstance(bucket, str):
        raise SettingsError("s3_bucket is a string", hint=_HINT)
    return bucket


def _role(cli: Any, settings: Mapping[str, Any]) -> ExecutionRole:
    zappa = cli.zappa
    return ExecutionRole(
        name=str(zappa.role_name),
        arn=settings.get("role_arn"),
        managed=bool(cli.manage_roles),
        assume_policy=_json(zappa.assume_policy, "assume_policy"),
        attach_policy=_json(zappa.attach_policy, "attach_policy"),
        extra_permissions=tuple(zappa.extra_permissions or ()),
    )


def _json(text: str, setting: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        raise SettingsError(
            f"the file of {setting} is not JSON: {error}", hint="It holds a policy document."
        ) from error
    return text


def _named(path: str | Path | None) -> str:
    return str(path) if path else "the settings file"


@contextlib.contextmanager
def _as_settings_errors(path: str | Path | None, stage: str | None) -> Iterator[None]:
    """Turn whatever Zappa and its parsers raise about settings into our error; our own pass."""
    where = _named(path) + (f", stage {stage}" if stage else "")
    try:
        yield
    except SettingsError:
        raise
    except BotoCoreError as error:
        raise translate(error) from None
    except OSError as error:
        raise SettingsError(f"{where} cannot be read: {error.strerror or error}", hint=_HINT) from error
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except SystemExit as error:
        raise SettingsError(f"{where} is not accepted by Zappa", hint=_HINT) from error
    except Exception as error:
        if isinstance(error, UnicodeDecodeError) or isinstance(error.__context__, UnicodeDecodeError):
            raise SettingsError(f"{where} is not UTF-8 text", hint="Save it as UTF-8.") from error
        raise SettingsError(f"{where} is not accepted by Zappa: {_reason(error)}", hint=_HINT) from error


def _reason(error: Exception) -> str:
    """Return Zappa's words, and where its parser stumbled if Zappa does not say."""
    text = str(getattr(error, "message", "") or str(error) or type(error).__name__)
    if isinstance(error.__context__, ValueError):
        text = f"{text} ({error.__context__})"
    return " ".join(text.split())[:300]
