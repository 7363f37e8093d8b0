"""Runs ``zappa-iam`` in the formats that the runner reads, and keeps what it said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from event import Event
from summary import changes_text

KNOWN = ("diff", "lint", "check")
#: The graver exit code of two: could not run, denied, cannot tell, may.
GRAVITY = (2, 1, 3, 0)
FIRST_SETTINGS = ("zappa_settings.json", "zappa_settings.toml", "zappa_settings.yml", "zappa_settings.yaml")


@dataclass(frozen=True, slots=True)
class Run:
    """What the action is asked to do."""

    commands: Sequence[str]
    settings: str
    stages: Sequence[str]
    policies: Sequence[str]
    folder: Path
    base: Path
    scratch: Path
    comment: bool
    allow_unknown: bool
    mask: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Run:
        """Read the inputs; end with a message for one that there is not."""
        commands = environment.get("RUN", "").split()
        for name in commands:
            if name not in KNOWN:
                sys.exit(f"::error title=zappa-iam::run: {name!r} is none of {', '.join(KNOWN)}")
        workspace = Path(environment.get("GITHUB_WORKSPACE", "."))
        folder = (workspace / environment.get("WORKING_DIRECTORY", ".")).resolve()
        return cls(
            commands=commands,
            settings=environment.get("SETTINGS", "") or _found(folder),
            stages=environment.get("STAGES", "").split(),
            policies=environment.get("POLICIES", "").split(),
            folder=folder,
            base=Path(environment.get("BASE", "")) / folder.relative_to(workspace.resolve()),
            scratch=Path(environment["RUNNER_TEMP"]),
            comment=environment.get("COMMENT") == "true",
            allow_unknown=environment.get("ALLOW_UNKNOWN") == "true",
            mask=environment.get("MASK_ACCOUNT") != "false",
        )


def _found(folder: Path) -> str:
    return next((name for name in FIRST_SETTINGS if (folder / name).is_file()), FIRST_SETTINGS[0])


@dataclass(frozen=True, slots=True)
class Change:
    """What the pull request makes a stage need more and less: action and resource of each."""

    stage: str
    added: Sequence[Mapping[str, Any]]
    removed: Sequence[Mapping[str, Any]]

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.added or self.removed)


@dataclass
class Reports:
    """The reports of one run. ``checks`` is the Markdown of `check`, ``sarif`` the folder of findings."""

    run: Run
    event: Event
    summary: str = ""
    checks: str = ""
    sarif: str = ""
    exit_code: int = 0
    changes: list[Change] = field(default_factory=list)

    def make(self) -> None:
        """Run what was asked for, in that order."""
        for name in self.run.commands:
            {"diff": self._diff, "lint": self._lint, "check": self._check}[name]()

    def _diff(self) -> None:
        if not self.event.pull_request:
            print("::notice title=zappa-iam::No diff: this is no pull request.")
            return
        before = self.run.base / self.run.settings
        if not before.is_file():
            print(f"::notice title=zappa-iam::No diff: the base has no {self.run.settings}.")
            return
        for stages in self._stages():
            asked = ["diff", *stages, "--from-settings", str(before)]
            told = self._zappa_iam([*asked, "--format", "json"])
            if told.returncode == GRAVITY[0]:
                self._worst(told.returncode)
                print(f"::error title=zappa-iam diff::{_data(told.stderr)}")
                continue
            found = json.loads(told.stdout)
            self.changes += [
                Change(each["stage"], each["added"], each["removed"])
                for each in found.get("differences", [found])
            ]
            print(self._zappa_iam([*asked, "--format", "github"]).stdout.replace("::error ", "::notice "))
        self.summary += changes_text(self.changes) + "\n"

    def _lint(self) -> None:
        if self.run.policies:
            self._report(["lint", *self.run.policies], settings=False)
        else:
            for stages in self._stages():
                self._report(["lint", *stages])

    def _check(self) -> None:
        if self.event.from_fork:
            print("::notice title=zappa-iam::No check: a pull request from a fork has no credentials of AWS.")
            return
        unknown = ["--allow-unknown"] if self.run.allow_unknown else []
        for stages in self._stages():
            self.checks += self._report(["check", *stages, *unknown])

    def _report(self, asked: Sequence[str], *, settings: bool = True) -> str:
        """Write annotations, the summary and SARIF; return the Markdown."""
        told = self._zappa_iam([*asked, "--format", "github"], settings=settings)
        print(told.stdout or f"::error title=zappa-iam {asked[0]}::{_data(told.stderr)}")
        self._worst(told.returncode)
        markdown = self._zappa_iam([*asked, "--format", "markdown"], settings=settings).stdout
        self.summary += markdown + "\n"
        findings = self._zappa_iam([*asked, "--format", "sarif"], settings=settings).stdout
        if findings:
            folder = self.run.scratch / "zappa-iam-sarif"
            folder.mkdir(exist_ok=True)
            (folder / f"{len(list(folder.iterdir()))}.sarif").write_text(findings, "utf-8")
            self.sarif = str(folder)
        return markdown

    def _stages(self) -> Sequence[Sequence[str]]:
        return [[name] for name in self.run.stages] or [["--all"]]

    def _worst(self, code: int) -> None:
        self.exit_code = min(
            self.exit_code, code, key=lambda each: GRAVITY.index(each) if each in GRAVITY else 0
        )

    def _zappa_iam(
        self, arguments: Sequence[str], *, settings: bool = True
    ) -> subprocess.CompletedProcess[str]:
        mask = ["--mask-account"] if self.run.mask else []
        file = ["-s", self.run.settings] if settings else []
        return subprocess.run(
            [str(Path(sys.executable).parent / "zappa-iam"), *arguments, *file, *mask],
            cwd=self.run.folder,
            env={**os.environ, "TOKEN": ""},
            check=False,
            capture_output=True,
            text=True,
        )


def _data(text: str) -> str:
    return text.strip().replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
