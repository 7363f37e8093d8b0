"""Which session Zappa opens: whose profile, whether the environment's keys, which region. Pure.

The rules are those of ``zappa/core.py: Zappa.__init__`` and ``load_credentials``, and of botocore's variables
(``botocore/configprovider.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zappa_iam_ext.aws.credentials.profiles import ProfileFiles

#: Variables that name a profile, the stronger first: boto3 and so Zappa prefer the one that the AWS CLI has given up.
PROFILE_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
REGION_VARIABLE = "AWS_DEFAULT_REGION"
DEFAULT = "default"
PROFILE_SETTING = "profile_name"
ADMINISTRATOR = "--admin-profile"


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """The session that Zappa opens.

    ``profile`` is named by the setting, option or variable ``named_by``; None: nobody names one. With
    ``environment_keys`` the keys of the environment are used, whatever the profile holds.
    """

    profile: str | None = None
    named_by: str = ""
    environment_keys: bool = False

    @property
    def explicit(self) -> bool:
        """Whether boto3 is given the profile by name: it then leaves the environment's keys alone."""
        return self.profile is not None and self.named_by not in PROFILE_VARIABLES

    @property
    def settings_of(self) -> str:
        """The profile whose settings count."""
        return DEFAULT if self.profile is None else self.profile


def choose(profile: str | None, environ: Mapping[str, str], named_by: str = PROFILE_SETTING) -> SessionChoice:
    """Return the session for a stage's ``profile_name``, or for the profile that an option names instead.

    Without one the keys of the environment count, if there are both, and else what boto3 finds by itself.
    """
    if profile:
        return SessionChoice(profile, named_by)
    ambient = ambient_profile(environ)
    return SessionChoice(
        ambient.profile, ambient.named_by, environment_keys=all(environ.get(name) for name in KEY_VARIABLES)
    )


def ambient_profile(environ: Mapping[str, str]) -> SessionChoice:
    """Return the session of a boto3 that is told nothing, as far as variables choose it."""
    variable = next((name for name in PROFILE_VARIABLES if name in environ), "")
    return SessionChoice(environ[variable], variable) if variable else SessionChoice()


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """A region, and the setting, variable or profile that it comes from; both empty when nobody names one."""

    region: str = ""
    source: str = ""


def choose_region(
    setting: str | None, choice: SessionChoice, environ: Mapping[str, str], files: ProfileFiles
) -> RegionChoice:
    """Return the region that Zappa deploys to, for a stage's ``aws_region`` (None: it has none).

    With the environment's keys ``AWS_DEFAULT_REGION`` comes first. A stage without ``aws_region`` takes the region of a
    boto3 that is told nothing, before that of its own profile.
    """
    if choice.environment_keys and environ.get(REGION_VARIABLE):
        return RegionChoice(environ[REGION_VARIABLE], REGION_VARIABLE)
    if setting is not None:
        return RegionChoice(setting, "aws_region")
    ambient = configured_region(ambient_profile(environ), environ, files)
    return ambient if ambient.region else configured_region(choice, environ, files)


def configured_region(choice: SessionChoice, environ: Mapping[str, str], files: ProfileFiles) -> RegionChoice:
    """Return the region of a boto3 session that is not told one: the variable's, else the profile's."""
    if REGION_VARIABLE in environ:
        return RegionChoice(environ[REGION_VARIABLE], REGION_VARIABLE)
    region = files.of(choice.settings_of).get("region", "")
    return RegionChoice(region, f"profile {choice.settings_of}") if region else RegionChoice()
