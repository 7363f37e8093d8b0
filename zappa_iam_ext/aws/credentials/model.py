"""What a machine says of credentials, and why no call with them can succeed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from zappa_iam_ext.aws.credentials.profiles import ProfileFiles


class Machine(NamedTuple):
    """What a machine says of credentials; ``login_works``: whether this Python can use those of ``aws login``."""

    environ: Mapping[str, str]
    files: ProfileFiles
    login_works: bool = True


@dataclass(frozen=True, slots=True)
class Trap:
    """Why no call with these credentials can succeed, and what to do; ``no_profile``: there is no such profile at all."""

    message: str
    hint: str
    no_profile: bool = False
