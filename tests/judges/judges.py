"""Two independent evaluators of IAM policies, each a child process that answers JSON lines.

``iam-simulate`` (npm, AGPL) runs in Node and is never imported, shipped or copied. ``ministack`` (PyPI, MIT) pins its
own botocore and therefore lives in an environment of its own. Both are asked in one batch: one process for all pairs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.rehearsal.local_aws.environment import local_aws_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent
LAYERS = ("identity", "group", "boundary", "session", "scp", "resource")

Pair = dict[str, Any]
"""What is judged: ``{"policies": {layer: documents}, "request": {...}}``, the shape of the cases."""


class JudgeUnavailable(Exception):
    """The judge cannot run on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision in IAM's words, or why the judge gives none."""

    decision: str | None = None
    abstains: str | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """A command that reads pairs as JSON lines and answers each with one JSON line."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None

    def decide(self, pairs: Sequence[Pair]) -> list[Answer]:
        """Ask one process about all pairs; a judge that fails or loses an answer is an error."""
        questions = "".join(
            json.dumps({"policies": pair["policies"], "request": pair["request"]}) + "\n" for pair in pairs
        )
        done = subprocess.run(
            self.command,
            input=questions,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env=self.environment,
            timeout=300,
        )
        if done.returncode != 0:
            message = f"{self.name} ended with {done.returncode}: {done.stderr[-2000:]}"
            raise RuntimeError(message)
        answers = [Answer(**json.loads(line)) for line in done.stdout.splitlines()]
        if len(answers) != len(pairs):
            message = f"{self.name} gave {len(answers)} answers to {len(pairs)} questions"
            raise RuntimeError(message)
        return answers


def timed(
    judge: Judge, policies: dict[str, Any], requests: Sequence[dict[str, Any]]
) -> tuple[float, list[str]]:
    """The seconds in which one process decided all requests, its policies read before, and the decisions."""
    question = json.dumps({"policies": policies, "requests": list(requests)}) + "\n"
    done = subprocess.run(
        judge.command, input=question, capture_output=True, text=True, check=True, timeout=300
    )
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["decisions"]


def iam_simulate() -> Judge:
    """The judge in Node, installed from the lock file beside this module when it is not there yet."""
    return Judge("iam-simulate", _in_node("@cloud-copilot/iam-simulate", "simulate.mjs"))


def other_sdk() -> tuple[str, ...]:
    """The command that reads files of profiles as the AWS SDK for JavaScript does."""
    return _in_node("@smithy/shared-ini-file-loader", "profiles.mjs")


def _in_node(package: str, script: str) -> tuple[str, ...]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        message = "Node.js is not installed"
        raise JudgeUnavailable(message)
    if not (HERE / "node_modules" / package).is_dir():
        if npm is None:
            message = "npm is not installed"
            raise JudgeUnavailable(message)
        _install([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=HERE)
    return node, str(HERE / script)


def ministack() -> Judge:
    """The local AWS's own evaluator, in its own environment, made when it is not there yet."""
    try:
        python = local_aws_python()
    except LocalAwsError as error:
        raise JudgeUnavailable(str(error)) from error
    return Judge("ministack", (str(python), str(HERE / "simulate_ministack.py")))


def _install(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        message = f"{' '.join(command[:3])} failed: {done.stderr[-500:]}"
        raise JudgeUnavailable(message)
