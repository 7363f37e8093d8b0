"""Nothing of a rehearsal may leave this machine: loopback endpoints and dummy keys only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from zappa_iam_ext.errors import LocalAwsError


def require_loopback(url: str) -> str:
    """Return ``url``; raise `LocalAwsError` unless it is http(s) on a loopback address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not is_loopback(host) or parts.username:
        raise LocalAwsError(
            f"{url[:200]!r} is not an endpoint on this machine",
            hint="A rehearsal only talks to loopback, such as http://127.0.0.1:4566.",
        )
    return url


def is_loopback(host: str) -> bool:
    """Say whether a host name or address can only be this machine; no name but ``localhost`` is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def stay_on_this_machine() -> None:
    """Make every further connection of this process beyond loopback fail at once."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(str(address[0])):
                raise OSError(f"a rehearsal does not leave this machine: {address[0]}")
            return method(self, address)

        return call

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not is_loopback(str(name)):
            raise socket.gaierror(socket.EAI_NONAME, f"a rehearsal does not leave this machine: {name}")
        return look_up(host, *arguments, **options)

    socket.socket.connect = guarded(connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded(connect_ex)  # type: ignore[method-assign]
    socket.getaddrinfo = getaddrinfo
