"""The event that started the workflow, as far as it matters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """``pull_request`` is its number, or 0; ``from_fork`` says that its code comes from another repository."""

    api: str
    repository: str
    pull_request: int = 0
    from_fork: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Event:
        """Read what the runner says (GitHub Docs, Default environment variables; Webhook events and payloads)."""
        repository = environment.get("GITHUB_REPOSITORY", "")
        pull_request = _payload(environment.get("GITHUB_EVENT_PATH", "")).get("pull_request") or {}
        head = (pull_request.get("head") or {}).get("repo") or {}
        return cls(
            api=environment.get("GITHUB_API_URL", "https://api.github.com"),
            repository=repository,
            pull_request=int(pull_request.get("number") or 0),
            from_fork=bool(pull_request) and head.get("full_name") != repository,
        )


def _payload(path: str) -> Mapping[str, Any]:
    if not path or not Path(path).is_file():
        return {}
    found = json.loads(Path(path).read_text("utf-8"))
    return found if isinstance(found, dict) else {}
