"""Dates of conditions: the W3C's forms of ISO 8601, and UNIX time (IAM User Guide, date condition operators)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH = re.compile(r"([+-]?)(\d{1,19})(?:\.(\d{1,9}))?", re.ASCII)
_LAST_EPOCH = 2**63 - 1
_ISO = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_SECOND = 1000


def milliseconds(text: str) -> int | None:
    """Return whole milliseconds since 1970 of a date or of signed seconds; None of what is neither.

    Real AWS compares whole milliseconds and takes a sign (``tests/cases/observed/conditions.json``, condition_values).
    """
    iso = _ISO.fullmatch(text)
    if iso and (len(text) != len("2020") or "-" in text):
        return _of_iso(iso)
    epoch = _EPOCH.fullmatch(text)
    if epoch is None or int(epoch[2]) > _LAST_EPOCH:
        return None
    return (-1 if epoch[1] == "-" else 1) * (int(epoch[2]) * _SECOND + _thousandths(epoch[3]))


def _of_iso(iso: re.Match[str]) -> int | None:
    year, month, day, hour, minute, second, fraction, zone = iso.groups()
    time = f"{(hour or '00').zfill(2)}:{minute or '00'}:{second or '00'}"
    text = f"{year}-{month or '01'}-{day or '01'}T{time}{_offset(zone or 'Z')}"
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return int(whole) * _SECOND + _thousandths(fraction)


def _thousandths(fraction: str | None) -> int:
    return int(fraction[:3].ljust(3, "0")) if fraction else 0


def _offset(zone: str) -> str:
    if zone in {"Z", "z"}:
        return "+00:00"
    return f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"
