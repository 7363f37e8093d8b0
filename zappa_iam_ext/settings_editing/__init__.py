"""The text of settings files, changed at one place and kept byte for byte everywhere else: JSON, YAML and TOML. Pure."""

from zappa_iam_ext.settings_editing.changing import effective
from zappa_iam_ext.settings_editing.differences import unified_diff
from zappa_iam_ext.settings_editing.editing import edited
from zappa_iam_ext.settings_editing.loading import loaded

__all__ = ["edited", "effective", "loaded", "unified_diff"]
