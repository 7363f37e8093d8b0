"""What the process that starts a rehearsing Zappa tells it: written there, read here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VARIABLE = "ZAPPA_IAM_EXT_REHEARSAL"
"""The environment variable that names the file with the configuration of this rehearsal."""


@dataclass(frozen=True, slots=True)
class RehearsalConfig:
    """What a rehearsal is to do; JSON in the file that `VARIABLE` names.

    ``record`` is the file of JSON lines to append to. ``policies`` are documents by layer (None: nothing is
    enforced here). ``deny`` names calls that are refused whatever the policies say (`ForcedDenial`).
    """

    record: str
    endpoint: str
    account: str
    region: str
    partition: str
    principal: str
    policies: Mapping[str, Any] | None = None
    deny: tuple[str, ...] = ()
    full: bool = False
    package_size: int = 0

    @classmethod
    def read(cls) -> RehearsalConfig:
        """Return the configuration that the environment names."""
        return cls(**json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8")))

    def write(self, file: Path) -> None:
        """Write the configuration as JSON."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")
