"""Every public name is used in ``tests/typing/api.py``, which mypy checks under strict."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

API = ast.parse((Path(__file__).parents[1] / "typing" / "api.py").read_text(encoding="utf-8"))
MODULES = ("zappa_iam_ext", "zappa_iam_ext.iam")


def imported(module: str) -> set[str]:
    """Return the names that the file imports from a module."""
    return {
        name.name
        for node in ast.walk(API)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for name in node.names
    }


def used() -> set[str]:
    """Return the names that the file uses after it imported them."""
    return {node.id for node in ast.walk(API) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_imported_and_used_as_a_caller_would(module: str) -> None:
    public = set(importlib.import_module(module).__all__)
    assert imported(module) == public, "add the name to tests/typing/api.py, and use it there"
    assert public <= used(), "use the name in tests/typing/api.py"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there(module: str) -> None:
    loaded = importlib.import_module(module)
    assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []
    assert loaded.__all__ == sorted(loaded.__all__)
