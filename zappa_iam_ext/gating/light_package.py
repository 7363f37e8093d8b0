"""Keeps this library out of the function's package, but for a light core where the package imports it.

Nothing that the stage says is changed: Zappa is told what to leave out as it packages, in a list of its own.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "zappa_iam_ext"
DISTRIBUTION = "zappa-iam-ext"
LEFT_OUT = (PACKAGE, f"{PACKAGE}-*")
"""What is left out, as `fnmatch` patterns of names, which is what Zappa takes."""
CORE = ("__init__.py", "errors.py", "hook.py")
"""What an application needs that names us in its callbacks: `gate`, which does nothing in a function."""
MARKER = "left_out"
"""A module of the light core, which is nowhere else."""
_MARKER_TEXT = '"""The rest of this package is left out of a function: it is of use where Zappa runs."""\n'
_UNPACKED_MODE = 0o644 << 16
_MADE = (1980, 1, 1, 0, 0, 0)
#: Folders of a project that no application is imported from.
_NO_SOURCE = frozenset({"__pycache__", ".git", "node_modules", "site-packages"})


def keep_light(zappa: Any) -> None:
    """Let this ``Zappa`` leave us out of what it packages from now on; ``exclude`` of the settings stays as it is.

    Source: ``core.py``, ``Zappa.create_lambda_zip``, which takes ``exclude`` by name.
    """
    create = zappa.create_lambda_zip

    def create_lambda_zip(*args: Any, exclude: Any = None, **options: Any) -> Any:
        if exclude is not None and not isinstance(exclude, list):
            return create(*args, exclude=exclude, **options)  # Zappa tells what is wrong with it
        left_out = [name for name in LEFT_OUT if name not in (exclude or ())]
        path = create(*args, exclude=[*(exclude or ()), *left_out], **options)
        if PACKAGE in left_out and options.get("archive_format", "zip") == "zip" and _is_imported(zappa):
            add_core(Path(path))
        return path

    zappa.create_lambda_zip = create_lambda_zip


def add_core(package: Path) -> None:
    """Add the light core to a package."""
    own = Path(__file__).parents[1]
    files = {name: (own / name).read_bytes() for name in CORE} | {f"{MARKER}.py": _MARKER_TEXT.encode()}
    with zipfile.ZipFile(package, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{PACKAGE}/{name}", _MADE)
            entry.external_attr = _UNPACKED_MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def _is_imported(zappa: Any) -> bool:
    """Say whether the project's source names us, or a package of its virtual environment asks for us."""
    return any(map(_names_us, _source_files(Path()))) or any(map(_asks_for_us, _metadata(zappa)))


def _source_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = [name for name in folders if name not in _NO_SOURCE and name != PACKAGE]
        yield from (Path(parent, name) for name in files if name.endswith(".py"))


def _names_us(file: Path) -> bool:
    try:
        return PACKAGE.encode() in file.read_bytes()
    except OSError:
        return True  # what cannot be read may name us, and the core weighs little


def _metadata(zappa: Any) -> Iterator[Path]:
    """Yield the metadata of what is installed in the environment that Zappa packages, but ours."""
    environment = zappa.get_current_venv()
    for file in Path(environment).glob("lib/*/site-packages/*.dist-info/METADATA") if environment else ():
        if not file.parent.name.startswith(PACKAGE):
            yield file


def _asks_for_us(file: Path) -> bool:
    try:
        text = file.read_text("utf-8", errors="replace")
    except OSError:
        return False
    required = (line for line in text.splitlines() if line.startswith("Requires-Dist:"))
    return any(DISTRIBUTION in line.lower().replace("_", "-") for line in required)
