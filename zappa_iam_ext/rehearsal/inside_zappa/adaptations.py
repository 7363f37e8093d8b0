"""What a rehearsing Zappa does otherwise: pauses shorter, a stand-in for the package, a name the local AWS can read.

Nothing else of Zappa is changed.
"""

from __future__ import annotations

import io
import os
import tarfile
import time
import zipfile
from functools import partialmethod
from pathlib import Path
from typing import Any

_LONGEST_PAUSE = 0.05


def shorten_pauses() -> None:
    """Let no pause of this process last longer than a moment."""
    pause = time.sleep
    time.sleep = lambda seconds: pause(min(float(seconds), _LONGEST_PAUSE))


def whole_name(params: Any, **_: Any) -> None:
    """Give the local AWS ``name:version`` for ``function:name:version``, which it takes for a name."""
    name = params.get("FunctionName") if isinstance(params, dict) else None
    if isinstance(name, str) and name.startswith("function:"):
        params["FunctionName"] = name.removeprefix("function:")


def adapt_zappa(*, full: bool, package_size: int) -> None:
    """Keep Zappa from touching the endpoint and, unless ``full``, from packaging."""
    try:
        from zappa.cli import ZappaCLI
        from zappa.core import Zappa
    except ImportError:
        return
    ZappaCLI.touch_endpoint = lambda *_: None
    if not full:
        Zappa.create_lambda_zip = partialmethod(_small_package, package_size)
        Zappa.create_handler_venv = lambda *_, **__: None


def _small_package(
    _zappa: Any,
    size: int,
    prefix: str = "lambda_package",
    *_: Any,
    archive_format: str = "zip",
    **options: Any,
) -> str:
    """Take the place of ``create_lambda_zip``: a package of the same name with nothing in it but a handler.

    What it lacks of ``size`` bytes is filled up.
    """
    suffix = ".tar.gz" if archive_format == "tarball" else ".zip"
    name = str(options.get("output") or "") or f"{prefix}-{int(time.time())}{suffix}"
    handler = Path("handler.py")
    source = "def lambda_handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n"
    if archive_format == "tarball":
        with tarfile.open(name, "w:gz") as archive:
            ballast = tarfile.TarInfo("ballast")
            ballast.size = size
            archive.addfile(ballast, io.BytesIO(os.urandom(size)))
    else:
        with zipfile.ZipFile(name, "w") as package:
            package.writestr(handler.name, source)
            package.writestr("ballast", bytes(size))
    return name
