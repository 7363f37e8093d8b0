"""Writes the golden files of the execution role, one per setting: ``python -m tests.generate.runtime``."""

from __future__ import annotations

from tests.support.runtime_cases import CASES, FOLDER, file_of, golden


def main() -> None:
    """Write a file per case, and take away those of no case."""
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for case in CASES:
        file_of(case).write_text(golden(case), encoding="utf-8")


if __name__ == "__main__":
    main()
