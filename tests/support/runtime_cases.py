"""The cases of what a setting changes for the execution role: settings in, a golden file each out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.stages import stage
from zappa_iam_ext.permissions.runtime import execution_policy, runtime_requirements
from zappa_iam_ext.permissions.stage import Stage

FOLDER = Path(__file__).parents[1] / "cases" / "runtime"
SETTINGS = FOLDER / "settings.toml"
CASES: list[dict[str, Any]] = tomllib.loads(SETTINGS.read_text("utf-8"))["case"]
#: What of a case says what stage it is, besides its settings.
_OF_THE_STAGE = ("websocket", "region", "partition", "account", "zappa", "name", "project")


def stage_of(case: Mapping[str, Any]) -> Stage:
    """Return the stage of a case."""
    given = {key: value for key, value in case.get("stage", {}).items() if key in _OF_THE_STAGE}
    return stage(case.get("settings", {}), **given)


def golden(case: Mapping[str, Any]) -> str:
    """Return the text of the golden file: what the setting adds and removes, and the document of the role."""
    of, plain = stage_of(case), stage_of({"stage": case.get("stage", {}) | {"websocket": False}})
    after, before = needs(of, case), needs(plain, {})
    return _text(
        {
            "case": case["name"],
            "settings": case.get("settings", {}),
            "stage": case.get("stage", {}),
            "adds": sorted(after - before),
            "removes": sorted(before - after),
            "policy": json.loads(execution_policy(of, **known(case)).to_json()),
        }
    )


def known(case: Mapping[str, Any]) -> dict[str, str]:
    """Return what the case knows of the account besides the settings."""
    return {"websocket_api": case["websocket_api"]} if "websocket_api" in case else {}


def needs(of: Stage, case: Mapping[str, Any]) -> set[str]:
    """Return what the role needs, one line each: who uses it, the action, the resource, what a denial does."""
    return {
        f"{item.used_by}: {item.action} on {item.resource} ({item.consequence})"
        for item in runtime_requirements(of, **known(case))
    }


def file_of(case: Mapping[str, Any]) -> Path:
    """Return the golden file of a case, named after it."""
    return FOLDER / f"{re.sub(r'[^a-z0-9]+', '-', case['name'].lower()).strip('-')}.json"


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
