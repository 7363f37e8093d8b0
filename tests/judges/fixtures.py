"""The judges as fixtures: skipped where they cannot run, a failure where ``CI`` is set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.judges.judges import Judge, JudgeUnavailable, iam_simulate, ministack, other_sdk

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def _available(make: Callable[[], T]) -> T:
    try:
        return make()
    except JudgeUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(f"in CI every judge must be there: {reason}")
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def node_judge() -> Judge:
    return _available(iam_simulate)


@pytest.fixture(scope="session")
def ministack_judge() -> Judge:
    return _available(ministack)


@pytest.fixture(scope="session")
def sdk_judge() -> tuple[str, ...]:
    return _available(other_sdk)
