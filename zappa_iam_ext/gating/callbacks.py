"""The user's own ``settings`` callback, ``iam_ext.then``, found as Zappa finds callbacks."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from zappa_iam_ext.errors import SettingsError


def own_callback(zappa_cli: Any) -> Callable[[Any], Any] | None:
    """Return the callback that the stage names under ``iam_ext.then``; raise `SettingsError` when there is no such function."""
    own = zappa_cli.stage_config.get("iam_ext")
    then = own.get("then") if isinstance(own, Mapping) else None
    return find_callback(then) if isinstance(then, str) and then else None


def find_callback(name: str) -> Callable[[Any], Any]:
    """Return a function by ``module.function``; the module beside the settings is preferred to one that is installed.

    Source: ``cli.py``, ``ZappaCLI.callback``.
    """
    module_name, _, function_name = name.rpartition(".")
    module = _module(module_name)
    function: Callable[[Any], Any] | None = getattr(module, function_name, None)
    if callable(function):
        return function
    known = [item for item, value in vars(module).items() if callable(value) and not item.startswith("_")]
    near = difflib.get_close_matches(function_name, known, n=1)
    raise SettingsError(
        f"iam_ext.then names {name}, and {module_name} has no function {function_name}"
        + (f"; did you mean {near[0]}?" if near else ""),
        hint="It is written module.function, and called with Zappa's ZappaCLI.",
    )


def _module(name: str) -> ModuleType:
    try:
        return _beside_settings(name) or importlib.import_module(name)
    except Exception as error:
        raise SettingsError(
            f"iam_ext.then: {name} cannot be imported: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
            hint="The module is looked for in the working folder, then among what is installed.",
        ) from error


def _beside_settings(name: str) -> ModuleType | None:
    """Return the module of the working folder, executed anew as Zappa does; None when there is none."""
    *folders, last = name.split(".")
    importer = pkgutil.get_importer(str(Path.cwd().joinpath(*folders)))
    spec = importer.find_spec(last) if importer else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[last] = module
    spec.loader.exec_module(module)
    return module
