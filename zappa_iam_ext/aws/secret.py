"""A secret that cannot be printed by accident."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import NoReturn


class Secret:
    """Holds a secret text; only `reveal` gives it out.

    ``repr``, ``str`` and formatting show a mask, pickling and JSON refuse, so that a log line, a traceback
    with local variables or a crash report cannot carry it away.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the secret itself: for the one place that stores it."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.__text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key of an IAM user, in IAM's words."""

    access_key_id: str
    secret_access_key: Secret
