"""The application's own AWS calls: what a stage says of them in ``iam_ext.permissions``, as statements. Pure."""

from __future__ import annotations

from zappa_iam_ext.permissions.application.entries import (
    SETTING,
    InvalidPermissions,
    UnreadFile,
    application_statements,
    named_files,
)
from zappa_iam_ext.permissions.application.reading import allows, reads, reads_queue
from zappa_iam_ext.permissions.application.short_forms import ShortForm, short_forms

__all__ = [
    "SETTING",
    "InvalidPermissions",
    "ShortForm",
    "UnreadFile",
    "allows",
    "application_statements",
    "named_files",
    "reads",
    "reads_queue",
    "short_forms",
]
