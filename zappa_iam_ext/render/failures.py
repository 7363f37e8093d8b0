"""What is said when a command or the gate ends without a verdict. Strings out, no decisions."""

from __future__ import annotations

import re

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.render.text import plain

#: Shows the traceback of an error of ours.
DEBUG_VARIABLE = "ZAPPA_IAM_EXT_DEBUG"
INTERRUPTED = "Interrupted."
DECLINED = "Nothing was changed: the answer was no."
UNANSWERED = "Nothing was changed: nobody answered, there is no terminal."
_MAX_WORDS = 200
#: What may be a secret: no error of ours is known by its text, so the text is not trusted.
_SECRET = re.compile(r"[A-Za-z0-9/+=]{16,}")


def failure_text(error: ZappaIamError) -> str:
    """Return what happened and the next step."""
    return "\n".join(filter(None, (plain(str(error)), plain(error.hint))))


def unexpected_text(error: BaseException) -> str:
    """Return the two lines for an error that nobody foresaw: what it is, without secrets, and where to report it."""
    words = _SECRET.sub("***", " ".join(plain(str(error)).split()))[:_MAX_WORDS]
    return (
        f"an unexpected {type(error).__name__}: {words}\n"
        f"This is a defect of zappa-iam-ext: please report it with the traceback that {DEBUG_VARIABLE}=1 shows."
    )
