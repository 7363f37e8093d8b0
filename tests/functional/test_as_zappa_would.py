"""The same identity and the same region as Zappa itself, asked of the real Zappa.

One environment in seven, another seventh for each kind of keys and files; `make identities` tries every one.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import zlib
from pathlib import Path

import pytest
from zappa.cli import ZappaCLI
from zappa.core import Zappa

from zappa_iam_ext.aws.credentials.failures import require_credentials
from zappa_iam_ext.aws.credentials.machine import stage_region
from zappa_iam_ext.errors import CredentialsProblem, SettingsError
from zappa_iam_ext.sessions import (
    AwsOptions,
    open_session,
)
from zappa_iam_ext.settings_file import read_stages, stage_from_cli
from zappa_iam_ext.workflow.guarding import region_warnings

FAILS = "fails"
STEP = 7
ENVIRONMENT_KEYS = {
    "no keys": {},
    "keys": {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "secret"},
    "a session": {
        "AWS_ACCESS_KEY_ID": "ASIAENVIRONMENT",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
    },
    "an id alone": {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT"},
    "a secret alone": {"AWS_SECRET_ACCESS_KEY": "secret"},
    "empty keys": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
}
PROFILES = (None, "work", "gone", "")
DEFAULT_PROFILES = (None, "other", "gone")
REGIONS = (None, "us-west-2")
SETTINGS = tuple(itertools.product((None, "", "work", "config"), (None, "eu-west-1")))
CREDENTIALS = (
    "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = secret\n"
    "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = secret\n"
)
DEFAULT = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = secret\nregion = ap-south-1\n"
CONFIG = (
    "[profile work]\nregion = eu-north-1\n[profile other]\nregion = sa-east-1\n"
    "[profile config]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = secret\n"
)


@pytest.fixture
def zappa(monkeypatch):
    """Zappa's own session, by its own constructor; only its clients are not made, which takes half a second."""
    logging.getLogger("zappa.core").setLevel(logging.ERROR)
    for name in ("boto_client", "boto_resource"):
        monkeypatch.setattr(Zappa, name, lambda *_, **__: None)

    def opened(profile, region):
        return Zappa(profile_name=profile, aws_region=region).boto_session

    return opened


def seen(session) -> tuple[str, str, str | None]:
    """Return what tells one session from another; no credentials are a session that fails at its first call."""
    credentials = session.get_credentials()
    frozen = credentials.get_frozen_credentials()
    return frozen.access_key, session.region_name or "", frozen.token


def of_zappa(opened, profile, region):
    try:
        return seen(opened(profile, region))
    except Exception:  # noqa: BLE001  -- boto3's, and None for no credentials
        return FAILS


def ours(profile, region):
    try:
        session = open_session(profile, stage_region(region, profile).region)
        require_credentials(session)
        return seen(session)
    except CredentialsProblem:
        return FAILS


@pytest.mark.parametrize("files", ["with a default", "without a default", "no files"])
@pytest.mark.parametrize("keys", ENVIRONMENT_KEYS)
def test_every_environment_settings_and_files(clean, zappa, monkeypatch, keys, files):
    if files != "no files":
        (clean / ".aws").mkdir()
        (clean / ".aws" / "credentials").write_text(
            CREDENTIALS + (DEFAULT if files == "with a default" else "")
        )
        (clean / ".aws" / "config").write_text(CONFIG)
    for name, value in ENVIRONMENT_KEYS[keys].items():
        monkeypatch.setenv(name, value)
    differ, fine = [], 0
    every = list(itertools.product(PROFILES, DEFAULT_PROFILES, REGIONS, SETTINGS))
    first, step = (0, 1) if os.environ.get("EVERY") else (zlib.crc32(f"{keys} {files}".encode()) % STEP, STEP)
    for profile, default_profile, region, setting in every[first::step]:
        with monkeypatch.context() as variables:
            for name, value in (
                ("AWS_PROFILE", profile),
                ("AWS_DEFAULT_PROFILE", default_profile),
                ("AWS_DEFAULT_REGION", region),
            ):
                if value is not None:
                    variables.setenv(name, value)
            expected, found = of_zappa(zappa, *setting), ours(*setting)
            fine += expected != FAILS
            if expected != found:
                differ.append(((profile, default_profile, region), setting, expected, found))
    assert differ == []
    assert fine or files == "no files"


@pytest.mark.usefixtures("clean")
def test_a_stage_read_without_credentials_and_one_of_a_running_zappa_agree(monkeypatch):
    for name, value in {**ENVIRONMENT_KEYS["keys"], "AWS_DEFAULT_REGION": "us-west-2"}.items():
        monkeypatch.setenv(name, value)
    settings = {
        "app_function": "app.app",
        "project_name": "hello",
        "aws_region": "eu-west-1",
        "runtime": "python3.12",
    }
    Path("zappa_settings.json").write_text(json.dumps({"dev": settings}))
    cli = ZappaCLI()
    cli.api_stage = cli.stage_env = "dev"
    cli.vargs = {}
    cli.load_settings("zappa_settings.json")
    (stage,) = read_stages()
    assert stage.region == stage_from_cli(cli).region == cli.zappa.boto_session.region_name == "us-west-2"
    (warning,) = region_warnings(stage, AwsOptions())
    assert cli.zappa.lambda_client.meta.region_name == "eu-west-1", "Zappa's only client that stays behind"
    assert "calls Lambda in eu-west-1" in warning
    (named,) = read_stages(region="eu-west-1")
    assert named.region == "eu-west-1"
    assert region_warnings(named, AwsOptions(region="eu-west-1")) == ()


@pytest.mark.usefixtures("clean")
def test_without_any_region_the_settings_are_told():
    settings = {"app_function": "app.app", "project_name": "hello", "runtime": "python3.12"}
    Path("zappa_settings.json").write_text(json.dumps({"dev": settings}))
    with pytest.raises(SettingsError, match="no AWS region is set"):
        read_stages()
