"""Nothing of a rehearsal may leave this machine: loopback endpoints and dummy keys only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zappa_iam_ext.errors import LocalAwsError

_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)
_FILES = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")


def require_loopback(url: str) -> str:
    """Return ``url``; raise `LocalAwsError` unless it is http(s) on a loopback address.

    A user or password in it is refused too, and never told.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc and url.isprintable()
    if not plain or not is_loopback(host):
        named = url.rpartition("@")[2][:200]
        raise LocalAwsError(
            f"{named!r} is not an endpoint on this machine",
            hint="A rehearsal only talks to loopback, such as http://127.0.0.1:4566.",
        )
    return url


def require_dummy_keys(environment: Mapping[str, str], home: Path) -> None:
    """Raise `LocalAwsError` unless the only credentials that a process finds are those in the rehearsal's own home.

    What the local AWS made is of no use anywhere else; keys of the user's own never get near a rehearsal.
    """
    own = [name for name in _CREDENTIALS if environment.get(name)]
    own += [name for name in _FILES if Path(environment.get(name, "/")).parent != home]
    if own or environment.get("AWS_EC2_METADATA_DISABLED") != "true":
        raise LocalAwsError(
            f"a rehearsal would find other credentials than the local AWS's: {', '.join(own) or 'the instance role'}",
            hint="Nothing was started. Please report this.",
        )


def is_loopback(host: str) -> bool:
    """Say whether a host name or address can only be this machine; no name but ``localhost`` is known."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


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
