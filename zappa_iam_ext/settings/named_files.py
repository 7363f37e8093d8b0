"""The files that settings name: are they there, and can they be what they should be?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zappa_iam_ext.settings.judgement import EVERY_COMMAND, Judgement, Notes
from zappa_iam_ext.settings.table import setting_rows

_ON_S3 = "s3://"


def judge_named_files(settings: Mapping[str, Any]) -> Judgement:
    """Return what is wrong with the files that these settings name; relative names begin at the working folder.

    A policy document that cannot be read is refused, as Zappa does when it loads the settings. Certificates and
    keys are needed by ``certify`` alone, and perhaps on another machine: a warning.
    """
    notes = Notes()
    for row in setting_rows():
        named = settings.get(row.name) if row.file else None
        if not isinstance(named, str) or named.startswith(_ON_S3):
            continue
        if row.file == "read":
            if problem := _policy_problem(named):
                notes.refuse(row.name, f"names the file {named[:200]!r}, which {problem}", (EVERY_COMMAND,))
        elif named and not Path(named).is_file():
            notes.warn(row.name, f"names the file {named[:200]!r}, which is not there: certify needs it")
    return Judgement(tuple(notes.refusals), tuple(notes.warnings), settings)


def _policy_problem(named: str) -> str:
    try:
        text = Path(named).read_text("utf-8")
    except FileNotFoundError:
        return "does not exist"
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"cannot be read: {reason}"
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {error}"
    return ""
