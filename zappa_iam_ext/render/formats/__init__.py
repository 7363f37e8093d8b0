"""What a command found, for machines: one model, and a renderer for each format of others."""

from __future__ import annotations

from zappa_iam_ext.render.formats.code_quality import code_quality_text
from zappa_iam_ext.render.formats.github import github_text
from zappa_iam_ext.render.formats.junit import junit_text
from zappa_iam_ext.render.formats.markdown import markdown_text
from zappa_iam_ext.render.formats.model import (
    Failed,
    Item,
    Level,
    Origin,
    Outcome,
    Place,
    Rule,
    Summary,
    Told,
)
from zappa_iam_ext.render.formats.sarif import sarif_text

__all__ = [
    "Failed",
    "Item",
    "Level",
    "Origin",
    "Outcome",
    "Place",
    "Rule",
    "Summary",
    "Told",
    "code_quality_text",
    "github_text",
    "junit_text",
    "markdown_text",
    "sarif_text",
]
