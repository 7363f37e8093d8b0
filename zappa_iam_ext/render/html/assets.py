"""The style sheet and the script of the page, files of this package, and the policy that lets only them run. Pure."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

STYLE, SCRIPT = "report.css", "report.js"


@cache
def asset(name: str) -> str:
    """Return the text of a file beside this module."""
    return (files(__package__) / name).read_text(encoding="utf-8").strip()


@cache
def content_security_policy() -> str:
    """Return the policy of the page: nothing is loaded or sent, and only our own style and script apply, by their hashes.

    W3C, Content Security Policy Level 3, sections 2.3.1 (hashes) and 6.8; Trusted Types, section 4.5.1.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(asset(STYLE))}'",
            f"script-src '{_hash(asset(SCRIPT))}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
