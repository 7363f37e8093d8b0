"""Regions and partitions of AWS, from botocore's own data; no configuration is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache

from zappa_iam_ext.errors import SettingsError


@lru_cache(maxsize=1)
def partitions() -> Mapping[str, frozenset[str]]:
    """Return the regions of each AWS partition."""
    from botocore.loaders import Loader

    return {
        item["id"]: frozenset(name for name in item["regions"] if not name.endswith("-global"))
        for item in Loader().load_data("partitions")["partitions"]
    }


def partition_of(region: str, where: str = "") -> str:
    """Return the partition of a region; raise `SettingsError`, which says ``where``, when AWS has no such region."""
    known = partitions()
    for name, regions in known.items():
        if region in regions:
            return name
    names = sorted(name for regions in known.values() for name in regions)
    swapped = [name for name in names if sorted(name) == sorted(region)]
    near = swapped or difflib.get_close_matches(region, names, n=1)
    meant = f"Did you mean {near[0]}?" if near else "A region is called like us-east-1."
    raise SettingsError(
        f"{where}there is no AWS region {region[:80]!r}", hint=f"{meant} (For a new region, update botocore.)"
    )
