"""One comment on a pull request, found again by a mark in it (GitHub REST API, Issue comments)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.request import Request, urlopen

from event import Event

MARK = "<!-- zappa-iam -->"
PAGE = 100
TIMEOUT = 30
"""Seconds that an answer may take."""


class Comments:
    """The comments of the event's pull request; raises `OSError` for what GitHub refuses or does not answer."""

    def __init__(self, event: Event, token: str) -> None:
        self._event, self._token = event, token

    def keep(self, text: str, *, wanted: bool) -> None:
        """Write the comment anew where there is one already; else make it, if there is something to tell."""
        known = next((comment for comment in self._all() if MARK in str(comment.get("body"))), None)
        body = {"body": f"{MARK}\n{text}"}
        repository = f"/repos/{self._event.repository}/issues"
        if known is None:
            if wanted:
                self._ask("POST", f"{repository}/{self._event.pull_request}/comments", body)
        elif known["body"] != body["body"]:
            self._ask("PATCH", f"{repository}/comments/{known['id']}", body)

    def _all(self) -> Iterator[Mapping[str, Any]]:
        path = f"/repos/{self._event.repository}/issues/{self._event.pull_request}/comments"
        page = 1
        while found := self._ask("GET", f"{path}?per_page={PAGE}&page={page}"):
            yield from (each for each in found if (each.get("user") or {}).get("type") == "Bot")
            if len(found) < PAGE:
                return
            page += 1

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        request = Request(  # noqa: S310  -- the address is the runner's
            f"{self._event.api}{path}",
            data=json.dumps(body).encode() if body else None,
            method=method,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  -- the same
            return json.load(answer)
