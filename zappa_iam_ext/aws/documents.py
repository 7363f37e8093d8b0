"""Documents as IAM's read calls give them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote


def document_from(raw: Any) -> dict[str, Any]:
    """Return a document as IAM's read calls give it: URL-encoded JSON, which botocore may have decoded.

    What is not a JSON object comes back as an empty document, which equals none of ours.
    """
    if isinstance(raw, str):
        try:
            raw = json.loads(unquote(raw))
        except ValueError:
            return {}
    return raw if isinstance(raw, dict) else {}


def tags_from(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags in what a read call tells of one resource; none where it tells none."""
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags") or ()}
