"""What Zappa finds to package, and what Lambda itself brings: two folders of links to the packages that are installed here."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

BROUGHT_BY_LAMBDA = frozenset({"boto3", "botocore", "s3transfer"})
"""Lambda's Python has them ("Working with runtimes", Python), and Zappa leaves them out by default."""
_TO_DEPLOY_ONLY = frozenset(
    {"argcomplete", "cfn-flip", "pip", "placebo", "setuptools", "troposphere", "wheel"}
)
"""What only the deploying Zappa imports: left out, a package is made in two seconds instead of six."""


def virtual_environment(folder: Path) -> Path:
    """Lay out an environment with Zappa and what it needs, as ``VIRTUAL_ENV`` names it, and return it."""
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    _link(site, _needed_by("zappa", leaving=BROUGHT_BY_LAMBDA | _TO_DEPLOY_ONLY))
    return folder


def brought_by_lambda(folder: Path) -> Path:
    """Lay out what Lambda's own Python has beside the function's package, and return it."""
    _link(folder, [distribution(name) for name in sorted(BROUGHT_BY_LAMBDA)])
    return folder


def _link(folder: Path, distributions: list[Distribution]) -> None:
    folder.mkdir(parents=True)
    for found in distributions:
        tops = {file.parts[0] for file in found.files or ()} - {"__pycache__", ".."}
        for name in tops:
            (folder / name).symlink_to(Path(str(found.locate_file(name))))


def _needed_by(name: str, leaving: frozenset[str]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        key = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if key in found or key in leaving:
            continue
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:  # for another platform or Python
            continue
        waiting += _requirements(found[key])
    return list(found.values())


def _requirements(found: Distribution) -> Iterator[str]:
    for requirement in found.requires or ():
        if "extra ==" not in requirement:
            yield re.split(r"[ ;<>=!~\[(]", requirement)[0]
