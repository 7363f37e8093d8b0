"""A newcomer at a project: settings, a home with profiles, the real ``zappa`` and ``zappa-iam``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from zappa_iam_ext.aws.self_inspection import self_inspection_grants
from zappa_iam_ext.cli import main
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.rehearsal.inside_zappa.config import VARIABLE, RehearsalConfig
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws
from zappa_iam_ext.rehearsal.observation import Observation, read_observations
from zappa_iam_ext.rehearsal.zappa_process import SITE, zappa_executable

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
SETTINGS = {
    "app_function": "app.app",
    "project_name": "hello",
    "aws_region": REGION,
    "profile_name": "serverless",
    "runtime": "python3.12",
    "callbacks": {"settings": "zappa_iam_ext.gate"},
}
APP = "def app(environ, start_response):\n    return []\n"
ADMINISTRATOR = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command."""

    exit_code: int
    stdout: str
    stderr: str
    calls: tuple[Observation, ...] = ()

    @property
    def written(self) -> list[str]:
        """The operations that are no reading."""
        reading = ("Get", "List", "Head", "Describe")
        return [seen.operation for seen in self.calls if not seen.operation.startswith(reading)]


def iam(*arguments: str, **options: Any) -> Ran:
    """Run ``zappa-iam`` in this process."""
    done = CliRunner().invoke(main, list(arguments), **options)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)


@dataclass(slots=True)
class Newcomer:
    """A project in ``folder``, its ``home``, and the account it is to be deployed to."""

    aws: LocalAws
    folder: Path
    home: Path

    def __post_init__(self) -> None:
        self.settings()
        (self.folder / "app.py").write_text(APP)
        site = self.home / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
        site.mkdir(parents=True)

    @property
    def credentials(self) -> Path:
        """The credentials file, where botocore looks for it."""
        return self.home / ".aws" / "credentials"

    @property
    def account(self) -> str:
        """The account's number."""
        return self.aws.account

    def settings(self, *, without: Iterable[str] = (), **more: Any) -> None:
        """Write the settings file: one stage, ``dev``."""
        stage = {key: value for key, value in {**SETTINGS, **more}.items() if key not in set(without)}
        (self.folder / "zappa_settings.json").write_text(json.dumps({"dev": stage}))

    def user(
        self, name: str, *documents: Mapping[str, Any], profile: str = "", inspects: bool = True
    ) -> None:
        """Make a user with these inline policies, and write its key into a profile."""
        client = self.aws.client("iam")
        client.create_user(UserName=name)
        own = PolicyDocument(self_inspection_grants("aws", self.account, name)).to_dict()
        for number, held in enumerate([*documents, *([own] if inspects else [])]):
            client.put_user_policy(
                UserName=name, PolicyName=f"inline-{number}", PolicyDocument=json.dumps(held)
            )
        key = client.create_access_key(UserName=name)["AccessKey"]
        self.profile(profile or name, key["AccessKeyId"], key["SecretAccessKey"])

    def profile(self, name: str, key_id: str, secret: str, token: str = "") -> None:
        """Add a profile to the credentials file."""
        self.credentials.parent.mkdir(exist_ok=True)
        session = f"aws_session_token = {token}\n" if token else ""
        with self.credentials.open("a") as file:
            file.write(
                f"[{name}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n{session}\n"
            )
        self.credentials.chmod(0o600)

    def administrator(self) -> None:
        """Make an administrator with a profile ``admin``."""
        self.user("admin", ADMINISTRATOR, inspects=False)

    def secrets(self) -> set[str]:
        """Return every secret of the credentials file."""
        lines = self.credentials.read_text().splitlines() if self.credentials.exists() else []
        return {line.partition("=")[2].strip() for line in lines if line.startswith("aws_secret")}

    def zappa(
        self,
        *arguments: str,
        principal: str = "",
        policies: Mapping[str, Any] | None = None,
        full: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run the real ``zappa``, watching its calls; with ``policies`` (by layer) they are judged by ours too."""
        with tempfile.TemporaryDirectory() as notes:
            record, config = Path(notes) / "calls.jsonl", Path(notes) / "config.json"
            given = RehearsalConfig(
                record=str(record),
                endpoint=self.aws.endpoint,
                account=self.account,
                region=REGION,
                partition="aws",
                principal=principal or f"arn:aws:iam::{self.account}:user/serverless",
                policies=policies,
                full=full,
            )
            given.write(config)
            done = subprocess.run(
                [zappa_executable(), *arguments],
                cwd=self.folder,
                env={
                    **os.environ,
                    VARIABLE: str(config),
                    "PYTHONPATH": os.pathsep.join([str(SITE), str(self.folder), str(ROOT)]),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "VIRTUAL_ENV": str(self.home / "venv"),
                    **(environment or {}),
                },
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            lines = record.read_text().splitlines() if record.exists() else []
        return Ran(done.returncode, done.stdout, done.stderr, tuple(read_observations(lines)))


def denied(calls: Iterable[Observation]) -> list[str]:
    """Return the refused calls by name: what verdicts are asserted on."""
    return [f"{seen.service}.{seen.operation}: {seen.outcome}" for seen in calls if seen.denied]


def plain_lines(text: str) -> Sequence[str]:
    """Return the lines that say something."""
    return [line for line in text.splitlines() if line.strip()]
