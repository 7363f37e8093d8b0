"""The switch in the environment that takes the gate out of one command: ``ZAPPA_IAM_EXT=off``. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from zappa_iam_ext.errors import SettingsError

VARIABLE = "ZAPPA_IAM_EXT"
OFF = ("off", "0", "false", "no")
ON = ("on", "1", "true", "yes", "")


def switched_off(environ: Mapping[str, str]) -> bool:
    """Say whether the gate is switched off; raise `SettingsError` for a word that says neither yes nor no.

    A table in JSON is no switch: Zappa takes every variable ``ZAPPA_*`` for a setting where there is no settings file.
    """
    word = environ.get(VARIABLE, "").strip().lower()
    if word in OFF:
        return True
    if word in ON or word.startswith("{"):
        return False
    near = difflib.get_close_matches(word, OFF[:1] + OFF[2:] + ON[:1], n=1, cutoff=0.5)
    told = f"; did you mean {near[0]}?" if near else ""
    raise SettingsError(
        f"{VARIABLE} is {word[:40]!r}{told}",
        hint=f"{VARIABLE}=off skips the gate; without it the gate checks.",
    )
