"""A limit for programs that give credentials (``credential_process``): botocore waits for them for ever."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

from zappa_iam_ext.aws.credentials.providers import Provider

PATIENCE, WITH_SOMEBODY = 60.0, 300.0
"""Seconds until a program is ended: where nobody can answer what it asks, and at a terminal."""
NOTE = 10.0
"""Seconds after which it is said what is waited for."""
_log = logging.getLogger(__name__)


class _Limited(subprocess.Popen[bytes]):
    """A program that is ended when it gives nothing in time; botocore calls ``communicate`` alone."""

    def communicate(self, input: Any = None, timeout: float | None = None) -> Any:  # noqa: A002  -- the parent's name
        limit = timeout or (WITH_SOMEBODY if _somebody() else PATIENCE)
        soon = min(NOTE, limit)
        try:
            return super().communicate(input, soon)
        except subprocess.TimeoutExpired:
            _log.warning("waiting for the credential_process of the profile, up to %d seconds", limit)
        try:
            return super().communicate(timeout=limit - soon)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()
            for pipe in filter(None, (self.stdout, self.stderr)):
                pipe.close()
            raise TimeoutError(f"it gave nothing within {limit:.0f} seconds") from None


def limit_programs(session: Any) -> None:
    """Limit the programs that a boto3 session may run, its own and those that a chain of roles begins with."""
    resolver = session._session.get_component("credential_provider")  # noqa: SLF001  -- boto3 has no other way to it
    for provider in resolver.providers:
        if provider.METHOD == Provider.PROCESS:
            provider._popen = _Limited  # noqa: SLF001  -- made to be another in botocore's own tests
        builder = getattr(provider, "_profile_provider_builder", None)
        if builder is not None:
            builder._create_process_provider = _limiting(builder._create_process_provider)  # noqa: SLF001


def _limiting(make: Any) -> Any:
    def made(*args: Any, **kwargs: Any) -> Any:
        provider = make(*args, **kwargs)
        provider._popen = _Limited  # noqa: SLF001
        return provider

    return made


def _somebody() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
