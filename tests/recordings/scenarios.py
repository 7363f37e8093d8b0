"""Reads the scenarios and runs one: the real Zappa, on an account of its own of a local AWS."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.recordings.prepare import STEPS, package
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.local_aws import LocalAws
from zappa_iam_ext.rehearsal.rehearse import computed_policy, rehearse
from zappa_iam_ext.rehearsal.report import RehearsalReport
from zappa_iam_ext.settings_file import read_stages

HERE = Path(__file__).parent
APP = "def app(environ, start_response):\n    return []\n"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Settings and commands that the real Zappa is run with."""

    name: str
    commands: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        return "-".join(self.name.replace(",", "").split())

    def lines(self, account: str) -> tuple[str, ...]:
        return tuple(line.replace("{account}", account) for line in self.commands)

    def stage(self, folder: Path, names: Mapping[str, str]) -> Stage:
        """Lay the project out in ``folder`` and return its stage; ``names`` stand for those in braces."""
        text = json.dumps({"dev": self.settings})
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        (folder / "zappa_settings.json").write_text(text)
        (folder / "app.py").write_text(APP)
        for name, content in self.files.items():
            (folder / name).write_bytes(package() if content == "ZIP" else content.encode())
        return read_in(folder).with_account(names["account"])


def read_in(folder: Path) -> Stage:
    import contextlib

    with contextlib.chdir(folder):
        (stage,) = read_stages("zappa_settings.json")
    return stage


@lru_cache(maxsize=1)
def scenarios() -> tuple[Scenario, ...]:
    """Return all scenarios of the table."""
    table = tomllib.loads((HERE / "scenarios.toml").read_text())
    return tuple(
        Scenario(
            row["name"],
            tuple(row["commands"]),
            {
                key: value
                for key, value in {**table["base"], **row.get("settings", {})}.items()
                if key not in row.get("without", ())
            },
            row.get("files", {}),
            tuple(row.get("before", ())),
        )
        for row in table["scenario"]
    )


def run(
    scenario: Scenario,
    aws: LocalAws,
    folder: Path,
    policies: PolicySet | None = None,
    *,
    deny: Iterable[str] = (),
    commands: Iterable[str] = (),
) -> RehearsalReport:
    """Run a scenario under the computed policy (or the one given), in a fresh account."""
    own = aws.another_account()
    names = {"account": own.account}
    for step in scenario.before:
        names |= STEPS[step](own) or {}
    stage = scenario.stage(folder, names)
    lines = tuple(commands) or scenario.lines(own.account)
    held = computed_policy(stage, lines) if policies is None else policies
    return rehearse(stage, lines, held, own, source=folder, deny=deny)
