"""What each session of botocore works out anew, worked out once a process: its files and the names of its events."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

import botocore.session
from botocore.hooks import EventAliaser
from botocore.loaders import Loader, create_loader


@functools.cache
def _files_read(_: str | None) -> dict[Any, Any]:
    return {}


def _loader(search_path: str | None = None) -> Loader:
    """Return a loader that shares what others have read: the service models are the same in each test."""
    loader = create_loader(search_path)
    loader._cache = _files_read(search_path)
    return loader


class _Aliaser(EventAliaser):
    """Shares what others have looked up: every session has the same aliases."""

    _known: ClassVar[dict[str, str]] = {}

    def __init__(self, event_emitter: Any, event_aliases: Any = None) -> None:
        super().__init__(event_emitter, event_aliases)
        self._alias_name_cache = self._known


def share() -> None:
    """Let the sessions of this process share both: a third of the time of a test at the local AWS."""
    botocore.session.create_loader = _loader
    botocore.session.EventAliaser = _Aliaser
