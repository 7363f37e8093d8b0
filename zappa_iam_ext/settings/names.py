"""Names: the one that was meant, buckets that S3 can have, ARNs that are some."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator

from zappa_iam_ext.errors import InvalidArn
from zappa_iam_ext.iam.arn import Arn

_CUTOFF = 0.78
_SHORTEST = 4
_ARN = re.compile(r"[A-Za-z0-9_+=,.@:/$#~-]+", re.ASCII)
_PARTITION = re.compile(r"aws(-[a-z]+)*", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}|aws", re.ASCII)
_IP = re.compile(r"[0-9]+(\.[0-9]+){3}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9.-]*", re.ASCII)
#: Buckets of us-east-1 from before March 2018 may have such names (S3 User Guide, bucket naming rules).
_LEGACY_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}", re.ASCII)
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_BUCKET_LENGTHS = (3, 63)
#: Services whose ARNs lack the account or the region.
_GLOBAL = {"account": ("s3",), "region": ("s3", "iam")}


def meant(name: str, known: Collection[str]) -> str:
    """Return the known name that an unknown one is near to; empty when none is near, or several are."""
    by_letters = {item.lower(): item for item in sorted(known)}
    written = name.strip().lower().replace("-", "_")
    if written in by_letters:
        return by_letters[written]
    if near := difflib.get_close_matches(written, by_letters, n=1, cutoff=_CUTOFF):
        return by_letters[near[0]]
    if len(written) < _SHORTEST:
        return ""
    longer = [
        item
        for low, item in by_letters.items()
        if low.startswith(f"{written}_") or low.endswith(f"_{written}")
    ]
    return longer[0] if len(longer) == 1 else ""


def bucket_problem(name: str) -> str:
    """Return the rule of S3 that a bucket name breaks, or nothing.

    Source: S3 User Guide, "General purpose bucket naming rules".
    """
    shortest, longest = _BUCKET_LENGTHS
    rules = (
        (not shortest <= len(name) <= longest, f"it has {shortest} to {longest} characters"),
        (not _BUCKET.fullmatch(name), "it consists of lower case letters, digits, dots and hyphens"),
        (name[:1] in ".-" or name[-1:] in ".-", "it begins and ends with a letter or a digit"),
        (".." in name, "it has no two dots in a row"),
        (bool(_IP.fullmatch(name)), "it is not written like an IP address"),
        (name.startswith(_PREFIXES), f"it does not begin with {_first(name, _PREFIXES)}"),
        (name.endswith(_SUFFIXES), f"it does not end with {_last(name, _SUFFIXES)}"),
    )
    return next((rule for broken, rule in rules if broken), "")


def legacy_bucket(name: str, region: str) -> bool:
    """Say whether a bucket of this name may be there from before 2018, when us-east-1 allowed more."""
    return region in {"", "us-east-1"} and bool(_LEGACY_BUCKET.fullmatch(name))


def arn_problem(text: str, services: Collection[str], resource: str = "") -> str:
    """Return why a text is no ARN of these services, or nothing."""
    try:
        arn = Arn.parse(text)
    except InvalidArn:
        return "is not an ARN; an ARN is written arn:partition:service:region:account:resource"
    if not _PARTITION.fullmatch(arn.partition) or not _ARN.fullmatch(text) or not arn.resource:
        return "is not an ARN that AWS can have"
    if arn.service not in services:
        return f"is an ARN of {arn.service}, it must be one of {' or '.join(services)}"
    if not arn.resource.startswith(resource):
        return f"is not the ARN of a {resource.rstrip('/')}"
    return ""


def arn_oddities(text: str, partition: str = "") -> Iterator[str]:
    """Yield what is odd about an ARN: an account that is none, parts that are missing, another partition."""
    arn = Arn.parse(text)
    if partition and arn.partition != partition:
        yield f"is in the partition {arn.partition}, the stage is in {partition}"
    if arn.service not in _GLOBAL["account"]:
        if not arn.account:
            yield "names no account"
        elif not _ACCOUNT.fullmatch(arn.account):
            yield f"names the account {arn.account}, which is not twelve digits"
    if not arn.region and arn.service not in _GLOBAL["region"]:
        yield "names no region"


def _first(name: str, prefixes: Collection[str]) -> str:
    return next((prefix for prefix in prefixes if name.startswith(prefix)), "")


def _last(name: str, suffixes: Collection[str]) -> str:
    return next((suffix for suffix in suffixes if name.endswith(suffix)), "")
