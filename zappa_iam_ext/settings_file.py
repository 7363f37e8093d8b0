"""Finds and reads the settings through Zappa itself: no AWS call, nothing written, stdout left alone."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from zappa_iam_ext.aws.credentials.choice import PROFILE_SETTING
from zappa_iam_ext.aws.credentials.machine import stage_region
from zappa_iam_ext.aws.errors import translate
from zappa_iam_ext.errors import SettingsError, ZappaIamError
from zappa_iam_ext.permissions.commands import command_of
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import ExecutionRole, Stage
from zappa_iam_ext.settings import Judgement, Refusal, judge, judge_named_files
from zappa_iam_ext.settings.permission_files import permission_files
from zappa_iam_ext.settings.regions import partition_of, partitions
from zappa_iam_ext.settings.stages import chosen_stages, is_stage
from zappa_iam_ext.settings.values import got

_OWN_VARIABLES = "ZAPPA_IAM_EXT"
_ROLE_SUFFIX = "-ZappaLambdaExecutionRole"
#: So many wrong settings are told at once.
_MAX_REFUSALS = 20
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
    read = read_stages_and_warnings(path, stage=stage, all_stages=all_stages, profile=profile, region=region)
    return tuple(item for item, _ in read)


def read_stages_and_warnings(
    path: str | Path | None = None,
    *,
    stage: str | None = None,
    all_stages: bool = False,
    profile: str | None = None,
    region: str | None = None,
) -> tuple[tuple[Stage, tuple[str, ...]], ...]:
    """Return what `read_stages` returns, each stage with the warnings about its settings (`settings_warnings`)."""
    names = _stage_names(path, stage, all_stages=all_stages)
    return tuple(_read_stage(path, name, profile, region) for name in names)


def stage_names(path: str | Path | None = None) -> tuple[str, ...]:
    """Return the names of the stages of a settings file; raise `SettingsError` as `read_stages` does."""
    return _stage_names(path, None, all_stages=True)


def stage_from_cli(zappa_cli: Any) -> Stage:
    """Return the stage of a running ``ZappaCLI``, as a callback gets it, after it loaded its settings.

    Raises `SettingsError` for a value that stops the command that is running. What stops other commands only
    is left out of ``settings``: `settings_warnings` tells it.
    """
    path = getattr(zappa_cli, "settings_file", None)
    with as_settings_errors(path, zappa_cli.api_stage):
        session = zappa_cli.zappa.boto_session
        region = (session.region_name if session else zappa_cli.zappa.aws_region) or ""
        judgement = _judged(zappa_cli.stage_config, region)
        if stopping := judgement.stopping(zappa_cli.command or ""):
            raise _refused(path, zappa_cli.api_stage, stopping)
        return _stage(zappa_cli, judgement.settings, zappa_cli.profile_name, region, path)


def settings_warnings(stage: Stage, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a line for each setting that is probably not meant so, with its dotted path.

    ``settings`` are Zappa's ``stage_config``: nothing is left out of them yet. What cannot work for some commands
    is told as well: a running Zappa is only stopped for its own command.
    """
    judgement = _judged(settings, stage.region)
    told = (*map(str, judgement.refusals), *judgement.warnings, *judge_named_files(settings).warnings)
    return tuple(f"{stage.name}.{line}" for line in dict.fromkeys(told))


def command_from_cli(zappa_cli: Any) -> Command:
    """Return the command that a running ``ZappaCLI`` carries out, with the flags that change its calls."""
    given = {str(name).replace("_", "-"): value for name, value in (zappa_cli.vargs or {}).items()}
    return command_of(zappa_cli.command, given)


def _stage_names(path: str | Path | None, stage: str | None, *, all_stages: bool) -> tuple[str, ...]:
    with as_settings_errors(path, stage):
        cli = _zappa_cli(stage)
        with _reading():
            cli.load_settings_file(_checked_path(path))
        return chosen_stages(cli.zappa_settings, stage, all_stages=all_stages, file=_named(path))


def _read_stage(
    path: str | Path | None, name: str, profile: str | None, region: str | None
) -> tuple[Stage, tuple[str, ...]]:
    with as_settings_errors(path, name):
        cli = _zappa_cli(name)
        with _reading():
            cli.load_settings_file(_checked_path(path))
            settings = _resolved(cli, path)
            judgement = _judged(settings, region or settings.get("aws_region") or "")
            refusals = (*judgement.refusals, *judge_named_files(settings).refusals)
            if refusals:
                raise _refused(path, name, refusals)
            cli.load_settings(_checked_path(path))
        wanted, named_by = profile or cli.profile_name, "--profile" if profile else PROFILE_SETTING
        if not region and cli.aws_region:
            partition_of(str(cli.aws_region), f"{_named(path)}: {name}.aws_region: ")
        found = region or _region(cli.aws_region, wanted, named_by)
        stage = _stage(cli, judgement.settings, wanted, found, path)
        return stage, settings_warnings(stage, settings)


def _resolved(cli: Any, path: str | Path | None) -> Mapping[str, Any]:
    """Return the settings of the stage with ``extends`` applied, which is judged on the way: Zappa asks for a name."""
    stages, name = cli.zappa_settings, cli.api_stage
    for _ in stages:
        extended = stages[name].get("extends")
        if extended and not isinstance(extended, str):
            raise _refused(path, name, judge({"extends": extended}, _zappa_version()).refusals)
        if not extended or extended not in stages:
            break
        if not is_stage(stages, extended):
            told = f"names {extended[:80]!r}, which is {got(stages[extended])}, not a table of settings"
            raise _refused(path, name, (Refusal("extends", told),))
        name = extended
    settings: Mapping[str, Any] = cli.stage_config
    return settings


def _judged(settings: Mapping[str, Any], region: Any) -> Judgement:
    known = region if isinstance(region, str) else ""
    partition = next((name for name, regions in partitions().items() if known in regions), "")
    return judge(settings, _zappa_version(), region=known, partition=partition)


def _zappa_version() -> str:
    from zappa import __version__

    return str(__version__)


def _refused(path: str | Path | None, stage: str, refusals: Sequence[Refusal]) -> SettingsError:
    """Return the error that tells all that cannot work, a line each."""
    lines = [f"{stage}.{refusal}" for refusal in dict.fromkeys(refusals)]
    return SettingsError(
        f"{_named(path)}: " + "\n".join(lines[:_MAX_REFUSALS]),
        hint="Zappa cannot deploy with such a setting: correct it in the settings file.",
    )


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


def _region(setting: str | None, profile: str | None, named_by: str) -> str:
    """Return the region as ``Zappa.load_credentials`` would find it; reading the config file is no AWS call."""
    region = stage_region(str(setting) if setting else None, profile, named_by).region
    if not region:
        raise SettingsError(
            "no AWS region is set",
            hint="Set aws_region in the stage, region in the profile, or give --region.",
        )
    return region


def _stage(
    cli: Any, settings: Mapping[str, Any], profile: str | None, region: str, path: str | Path | None
) -> Stage:
    return Stage(
        name=cli.api_stage,
        project_name=cli.project_name,
        function_name=cli.lambda_name,
        settings=settings,
        region=region,
        zappa_version=_zappa_version(),
        role=_role(cli, settings),
        partition=partition_of(region),
        profile_name=profile,
        bucket=settings.get("s3_bucket"),
        websocket=bool(getattr(cli, "use_websocket", False)),
        efs_config=tuple(getattr(cli, "efs_config", None) or ()),
        permission_files=permission_files(settings, Path(_named(path)).parent),
    )


def _role(cli: Any, settings: Mapping[str, Any]) -> ExecutionRole:
    """Return the role; a name or permissions that were refused are as good as not given."""
    zappa = cli.zappa
    permissions = zappa.extra_permissions if isinstance(zappa.extra_permissions, list) else ()
    return ExecutionRole(
        name=zappa.role_name if isinstance(zappa.role_name, str) else f"{cli.lambda_name}{_ROLE_SUFFIX}",
        arn=settings.get("role_arn") or None,
        managed=bool(cli.manage_roles),
        assume_policy=zappa.assume_policy,
        attach_policy=zappa.attach_policy,
        extra_permissions=tuple(item for item in permissions if isinstance(item, Mapping)),
    )


def settings_path(path: str | Path | None = None) -> Path | None:
    """Return the settings file: the one named, else the one that Zappa finds; None where there is none."""
    found = Path(_named(path))
    return found if found.is_file() else None


def _named(path: str | Path | None) -> str:
    """Return the name of the settings file; without a path the one that Zappa finds first."""
    found = (f"zappa_settings.{kind}" for kind in ("json", "toml", "yml", "yaml"))
    return str(path or next((name for name in found if Path(name).is_file()), "the settings file"))


@contextlib.contextmanager
def as_settings_errors(path: str | Path | None, stage: str | None) -> Iterator[None]:
    """Turn whatever Zappa and its parsers raise about settings into our error; our own pass."""
    where = _named(path) + (f", stage {stage}" if stage else "")
    try:
        yield
    except ZappaIamError:
        raise
    except BotoCoreError as error:
        raise translate(error) from None
    except OSError as error:
        named = f" ({error.filename})" if error.filename and str(error.filename) != str(path) else ""
        raise SettingsError(
            f"{where} cannot be read: {error.strerror or error}{named}", hint=_HINT
        ) from error
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
