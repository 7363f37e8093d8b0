"""Policy documents, as tests write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def allow(*actions: str, resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """Return a document that allows these actions; ``more`` are further elements of its statement."""
    return document({"Effect": "Allow", "Action": list(actions), "Resource": resource, **more})


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}
