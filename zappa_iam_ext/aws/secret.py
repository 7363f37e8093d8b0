"""A secret that cannot be printed by accident."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


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


def without_frames(function: Callable[P, T]) -> Callable[P, T]:
    """Let what ``function`` raises carry none of its frames, nor those of causes: their local variables hold secrets.

    Crash reporters and debuggers print the local variables of each frame of a traceback.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001  -- it is raised again below, outside of this frame's handler
            failure = error.with_traceback(None)
            failure.__cause__ = failure.__context__ = None
        raise failure

    return guarded
