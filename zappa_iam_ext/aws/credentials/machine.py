"""What this machine says of credentials, read once for a question: the environment and both files."""

from __future__ import annotations

import importlib.util
import os

from zappa_iam_ext.aws.credentials.choice import (
    PROFILE_SETTING,
    RegionChoice,
    SessionChoice,
    ambient_profile,
    choose,
    choose_region,
    configured_region,
)
from zappa_iam_ext.aws.credentials.model import Machine
from zappa_iam_ext.aws.credentials.profiles import read_profile_files
from zappa_iam_ext.aws.credentials.traps import find_trap
from zappa_iam_ext.aws.errors import translated
from zappa_iam_ext.errors import CredentialSourceError, NoCredentials


def this_machine() -> Machine:
    """Return what this machine says of credentials now; raise `CredentialsProblem` for a file that nobody can read."""
    with translated():
        files = read_profile_files(os.environ)
    return Machine(os.environ, files, login_works=importlib.util.find_spec("awscrt") is not None)


def require_sound(choice: SessionChoice, machine: Machine | None = None) -> None:
    """Raise what is certain to fail with these credentials, before any call: `NoCredentials`, `CredentialSourceError`."""
    trap = find_trap(choice, machine or this_machine())
    if trap:
        raise (NoCredentials if trap.no_profile else CredentialSourceError)(trap.message, hint=trap.hint)


def stage_region(setting: str | None, profile: str | None, named_by: str = PROFILE_SETTING) -> RegionChoice:
    """Return the region that Zappa deploys a stage to, and where it comes from; empty when nobody names one.

    ``setting`` is the stage's ``aws_region``. Without it Zappa asks a boto3 that is told nothing, for which ``AWS_PROFILE``
    has to be right: raises `NoCredentials` or `CredentialSourceError` when it is not.
    """
    machine = this_machine()
    if setting is None:
        ambient = ambient_profile(os.environ)
        if ambient.profile is not None and ambient.profile not in machine.files.names:
            require_sound(ambient, machine)
    return choose_region(setting, choose(profile, os.environ, named_by), os.environ, machine.files)


def region_or_configured(region: str, choice: SessionChoice, default: str) -> str:
    """Return the region given, else the one that is configured, else the default."""
    return region or configured_region(choice, os.environ, this_machine().files).region or default
