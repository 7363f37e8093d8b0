"""Reads the scenarios and runs one: the real Zappa, on an account of its own of a local AWS."""

from __future__ import annotations

import contextlib
import json
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.recordings.prepare import STEPS, package
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws
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
    deployed_with: Mapping[str, Any] | None = None
    deployed_without: tuple[str, ...] = ()
    deployed_by: tuple[str, ...] = ("deploy",)
    meanwhile: tuple[str, ...] = ()
    package_size: int = 0
    fails: Mapping[str, str] = field(default_factory=dict)

    def before_change(self) -> Scenario:
        """Return the scenario of the former deployment, by somebody else."""
        former = {**self.settings, "iam_ext": {"user_name": "former"}, **(self.deployed_with or {})}
        kept = {key: value for key, value in former.items() if key not in self.deployed_without}
        return replace(self, settings=kept, commands=self.deployed_by)

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
    """Read the only stage of a project; files that the settings name are found from the current folder."""
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
            row.get("deployed_with"),
            tuple(row.get("deployed_without", ())),
            tuple(row.get("deployed_by", ("deploy",))),
            tuple(row.get("meanwhile", ())),
            row.get("package_size", 0),
            row.get("fails", {}),
        )
        for row in table["scenario"]
    )


@dataclass(frozen=True, slots=True)
class Run:
    """A scenario that ran: on which stage, what its names stood for, and what was seen."""

    stage: Stage
    names: Mapping[str, str]
    report: RehearsalReport


def run(
    scenario: Scenario,
    aws: LocalAws,
    *,
    policies: PolicySet | None = None,
    enforce: bool = True,
    deny: Iterable[str] = (),
    until: int | None = None,
) -> Run:
    """Run the commands of a scenario (or the first ``until``) in a fresh account.

    Under the computed policy, or the one given; ``enforce=False`` makes the user an administrator.
    """
    own = aws.another_account()
    names = {"account": own.account}
    for step in scenario.before:
        names |= STEPS[step](own) or {}
    if scenario.deployed_with is not None or scenario.deployed_without:
        former = scenario.before_change()
        done = _run(former, own, names, former.lines(own.account), enforce=False)
        ended = [command.exit_code for command in done.report.commands]
        if any(ended):
            raise RuntimeError(f"{scenario.name}: the former deployment failed: {ended}")
    for step in scenario.meanwhile:
        names |= STEPS[step](own) or {}
    lines = scenario.lines(own.account)[:until]
    return _run(scenario, own, names, lines, policies, enforce=enforce, deny=deny)


def _run(
    scenario: Scenario,
    own: LocalAws,
    names: Mapping[str, str],
    lines: tuple[str, ...],
    policies: PolicySet | None = None,
    *,
    enforce: bool,
    deny: Iterable[str] = (),
) -> Run:
    with tempfile.TemporaryDirectory(prefix="scenario-") as base:
        folder = Path(base) / "hello"
        folder.mkdir()
        stage = scenario.stage(folder, names)
        held = computed_policy(stage, scenario.lines(own.account)) if policies is None else policies
        report = rehearse(
            stage,
            lines,
            held,
            own,
            source=folder,
            enforce=enforce,
            deny=deny,
            package_size=scenario.package_size,
        )
    return Run(stage, names, report)
