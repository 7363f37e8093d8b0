"""A small runner of GitHub's composite actions: evaluates the expressions that ours uses and runs its steps in bash."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
NAME = re.compile(r"\b(inputs|github|steps)((?:\.[\w-]+)+)")
Uses = Callable[[str, Mapping[str, str]], None]


@dataclass
class Ran:
    """What the steps did: their exit codes and output by name, and which were left out."""

    codes: dict[str, int] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)
    used: dict[str, Mapping[str, str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether a step failed."""
        return any(self.codes.values())


@dataclass
class Runner:
    """Runs an action with inputs and the contexts of a runner; ``instead`` replaces steps by name."""

    action: Path
    github: Mapping[str, Any]
    environment: Mapping[str, str]
    uses: Uses
    instead: Mapping[str, Callable[[], None]] = field(default_factory=dict)

    def run(self, **inputs: str) -> Ran:
        """Run every step whose condition holds; after a failed one only those that always run."""
        text = yaml.safe_load(self.action.read_text("utf-8"))
        defaults = {name: str(row.get("default", "")) for name, row in text["inputs"].items()}
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= defaults.keys(), given
        contexts = {"inputs": {**defaults, **given}, "github": self.github, "steps": {}}
        contexts["inputs"] = {
            name: self._filled(value, contexts) for name, value in contexts["inputs"].items()
        }
        ran = Ran()
        for step in text["runs"]["steps"]:
            condition = str(step.get("if", "success()"))
            if (ran.failed and "always()" not in condition) or not self._holds(condition, contexts):
                continue
            self._step(step, contexts, ran)
        ran.outputs = {name: self._filled(row["value"], contexts) for name, row in text["outputs"].items()}
        return ran

    def _step(self, step: Mapping[str, Any], contexts: dict[str, Any], ran: Ran) -> None:
        name = step["name"]
        if name in self.instead:
            self.instead[name]()
        elif "uses" in step:
            ran.used[name] = {key: self._filled(str(value), contexts) for key, value in step["with"].items()}
            self.uses(step["uses"], ran.used[name])
        else:
            outputs = Path(self.environment["RUNNER_TEMP"]) / "outputs"
            outputs.write_text("")
            own = {key: self._filled(str(value), contexts) for key, value in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.github["workspace"],
                env={**self.environment, **own, "GITHUB_OUTPUT": str(outputs)},
                check=False,
                capture_output=True,
                text=True,
            )
            ran.codes[name], ran.text[name] = done.returncode, done.stdout + done.stderr
            told = dict(line.partition("=")[::2] for line in outputs.read_text().splitlines())
            contexts["steps"][step.get("id", name)] = {"outputs": told}

    def _filled(self, text: str, contexts: Mapping[str, Any]) -> str:
        return EXPRESSION.sub(lambda found: str(_value(found[1], contexts)), text)

    def _holds(self, condition: str, contexts: Mapping[str, Any]) -> bool:
        python = condition.replace("&&", " and ").replace("||", " or ")
        python = NAME.sub(lambda found: repr(str(_value(found[0], contexts))), python)
        names = {"always": lambda: True, "success": lambda: True, "contains": lambda text, part: part in text}
        return bool(eval(python, {"__builtins__": {}}, names))  # noqa: S307  -- our own action's conditions


def _value(path: str, contexts: Mapping[str, Any]) -> Any:
    found: Any = contexts
    for name in path.split("."):
        found = found.get(name, "") if isinstance(found, Mapping) else ""
    return found
