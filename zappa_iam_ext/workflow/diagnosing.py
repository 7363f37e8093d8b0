"""Looks at everything once that a deployment hangs on: Python, Zappa, the settings, the credentials, the account."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from zappa_iam_ext.check import Report
from zappa_iam_ext.check.diagnostics import Finding, Standing
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import (
    AwsUnavailable,
    CredentialsProblem,
    ExitCode,
    NoCredentials,
    SettingsError,
    WrongAccount,
    ZappaIamError,
)
from zappa_iam_ext.gating.in_settings import gate_in
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, parse_version
from zappa_iam_ext.render.report.fixing import advice
from zappa_iam_ext.render.report.verdict import verdict
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.settings_file import read_stages_and_warnings, settings_path, stage_names
from zappa_iam_ext.workflow.deciding.checking import check_principal
from zappa_iam_ext.workflow.deciding.principals import Principals, ReadPrincipal

#: What is looked at for a stage once its credentials are there, in this order.
_IN_AWS = ("reachability", "identity", "policy", "role")
_NOT_LOOKED_AT = "not looked at: see above"


def diagnose(
    stage: str | None, settings_file: Path | None, options: AwsOptions, given: CommandLines
) -> tuple[Finding, ...]:
    """Return what is found, the general things first, then stage by stage; nothing is written, here or in AWS.

    Without ``stage`` every stage of the settings file is looked at.
    """
    found = [_python(), _zappa()]
    if found[-1].standing is Standing.PROBLEM:
        return tuple(found)
    path = settings_path(settings_file)
    if path is None:
        return (*found, _no_settings(settings_file))
    try:
        names = (stage,) if stage else stage_names(settings_file)
    except SettingsError as error:
        return (*found, _problem("settings", error))
    found.append(Finding("settings", Standing.OK, f"{path}: {', '.join(names)}"))
    for name in names:
        found += _of_stage(name, settings_file, options, replace(given, stage=name))
    return tuple(found)


def _python() -> Finding:
    told = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    if os.environ.get("VIRTUAL_ENV"):
        return Finding("python", Standing.OK, f"{told}, virtual environment {os.environ['VIRTUAL_ENV']}")
    return Finding(
        "python",
        Standing.WARNING,
        f"{told}, and no virtual environment is active: Zappa packages only one",
        f". {Path(sys.prefix, 'bin', 'activate')}"
        if sys.prefix != sys.base_prefix
        else "python -m venv .venv && . .venv/bin/activate",
    )


def _zappa() -> Finding:
    try:
        from zappa import __version__
    except (ImportError, RuntimeError) as error:
        return Finding(
            "zappa", Standing.PROBLEM, f"cannot be imported: {error}", "pip install --upgrade zappa"
        )
    version = str(__version__)
    if version in ZAPPA_VERSIONS:
        return Finding("zappa", Standing.OK, version)
    if parse_version(version) < parse_version(ZAPPA_VERSIONS[0]):
        told = f"{version} is older than all that are known ({ZAPPA_VERSIONS[0]} and later)"
        return Finding("zappa", Standing.PROBLEM, told, "pip install --upgrade zappa")
    told = f"{version} is not known here (known up to {ZAPPA_VERSIONS[-1]}): a new call of it would be missed"
    return Finding("zappa", Standing.WARNING, told, "pip install --upgrade zappa-iam-ext")


def _no_settings(named: Path | None) -> Finding:
    if named is not None:
        return Finding("settings", Standing.PROBLEM, f"there is no settings file {named}", "name one with -s")
    return Finding("settings", Standing.PROBLEM, "there is no settings file in this folder", "zappa init")


def _problem(subject: str, error: ZappaIamError, stage: str = "") -> Finding:
    """Return an error as a finding; how it stands follows from the exit code that it has."""
    standing = {ExitCode.DENIED: Standing.DENIED, ExitCode.CANNOT_TELL: Standing.UNKNOWN}.get(
        error.exit_code, Standing.PROBLEM
    )
    return Finding(subject, standing, str(error), error.hint, stage)


def _of_stage(
    name: str, settings_file: Path | None, options: AwsOptions, given: CommandLines
) -> Iterator[Finding]:
    try:
        ((stage, warnings),) = read_stages_and_warnings(
            settings_file, stage=name, profile=options.profile or None, region=options.region or None
        )
        own = iam_ext_settings(stage)
    except ZappaIamError as error:
        yield _problem("settings", error, name)
        return
    for warning in warnings:
        yield Finding("settings", Standing.WARNING, warning, "correct it in the settings file", name)
    yield _gate(stage, given, enabled=own.enabled)
    yield from _in_aws(stage, options, given)


def _gate(stage: Stage, given: CommandLines, *, enabled: bool) -> Finding:
    by = gate_in(stage.settings, Path.cwd())
    if not by:
        told = "is not in the settings: Zappa's commands do not check first"
        words = CommandLines(given.stage, given.settings_file).zappa_iam("init")
        return Finding("gate", Standing.WARNING, told, words, stage.name)
    if not enabled:
        told = "is in the settings, and switched off there (iam_ext.enabled)"
        return Finding("gate", Standing.WARNING, told, "set iam_ext.enabled to true", stage.name)
    return Finding("gate", Standing.OK, by, stage=stage.name)


def _in_aws(stage: Stage, options: AwsOptions, given: CommandLines) -> Iterator[Finding]:
    profile = options.profile or stage.profile_name or ""
    try:
        read = Principals(options, (stage,)).behind(profile, options.region or stage.region)
        own = replace(stage, profile_name=options.profile) if options.profile else stage
        report = check_principal(own, life_cycle(), read, options, (stage,))
    except ZappaIamError as error:
        yield from _failed(error, stage, profile, given)
        return
    yield from _credentials(report, stage, profile)
    where = options.endpoint_url or f"AWS, {stage.region}"
    yield Finding("reachability", Standing.OK, f"{where} answers", stage=stage.name)
    subject = report.subject
    account = (
        f"account {subject.account}" + (f" ({subject.alias})" if subject.alias else "") if subject else ""
    )
    yield Finding("identity", Standing.OK, f"{report.principal}, {account}", stage=stage.name)
    yield _policy(report, stage, given)
    yield _role(stage, read, given)


def _failed(error: ZappaIamError, stage: Stage, profile: str, given: CommandLines) -> Iterator[Finding]:
    """Yield what cannot be, in the place where it shows, and what is therefore not known."""
    place = "profile"
    if isinstance(error, AwsUnavailable):
        place = "reachability"
    elif isinstance(error, WrongAccount) or not isinstance(error, CredentialsProblem):
        place = "identity"
    told = f"profile {profile}" if profile else "AWS's default credentials"
    if place != "profile":
        yield Finding("profile", Standing.OK, told, stage=stage.name)
    yield Finding("region", Standing.OK, stage.region, stage=stage.name)
    finding = _problem(place, error, stage.name)
    yield replace(finding, fix=given.apply()) if isinstance(error, NoCredentials) and profile else finding
    after = _IN_AWS.index(place) + 1 if place in _IN_AWS else 0
    for subject in _IN_AWS[after:]:
        yield Finding(subject, Standing.UNKNOWN, _NOT_LOOKED_AT, stage=stage.name)


def _credentials(report: Report, stage: Stage, profile: str) -> Iterator[Finding]:
    subject = report.subject
    if subject is None:
        return
    told = (
        f"{subject.kind}, {subject.source}"
        if subject.source
        else f"{subject.kind}, {profile or 'no profile'}"
    )
    regional = [warning for warning in subject.warnings if "region" in warning.lower()]
    for warning in subject.warnings:
        if warning not in regional:
            yield Finding("profile", Standing.WARNING, warning, stage=stage.name)
    yield Finding("profile", Standing.OK, told, stage=stage.name)
    for warning in regional:
        yield Finding("region", Standing.WARNING, warning, "make them equal in the settings", stage.name)
    if not regional:
        yield Finding("region", Standing.OK, stage.region, stage=stage.name)


def _policy(report: Report, stage: Stage, given: CommandLines) -> Finding:
    code = report.exit_code()
    standing = {
        ExitCode.OK: Standing.OK,
        ExitCode.DENIED: Standing.DENIED,
        ExitCode.CANNOT_TELL: Standing.UNKNOWN,
    }.get(code, Standing.PROBLEM)
    fix = "" if standing is Standing.OK else advice(report, given)
    return Finding("policy", standing, verdict(report), fix, stage.name)


def _role(stage: Stage, read: ReadPrincipal, given: CommandLines) -> Finding:
    from zappa_iam_ext.aws.provisioning.current_roles import execution_role

    name = stage.role.arn.rpartition("/")[2] if stage.role.arn else stage.role.name
    try:
        role = execution_role(read.iam, name)
    except ZappaIamError as error:
        told = f"{name} may not be looked at: {error}"
        return Finding("role", Standing.UNKNOWN, told, stage=stage.name)
    if role is not None:
        return Finding("role", Standing.OK, name, stage=stage.name)
    if stage.role.managed and not stage.role.arn:
        return Finding("role", Standing.OK, f"{name} is not there yet: deploy makes it", stage=stage.name)
    told = f"{name} is not there, and the settings keep Zappa from making it"
    fix = given.zappa_iam("role ensure", "--admin-profile", "PROFILE")
    return Finding("role", Standing.PROBLEM, told, fix, stage.name)
