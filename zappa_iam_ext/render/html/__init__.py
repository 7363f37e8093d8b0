"""What a command found as one page for a browser: no network, no script but its own."""

from __future__ import annotations

from zappa_iam_ext.render.html.page import html_text

__all__ = ["html_text"]
