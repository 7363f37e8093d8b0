"""Python imports this at start-up when its folder is on ``PYTHONPATH``: the way into the function's own process."""

import os

if os.environ.get("WITNESS"):
    from tests.support.function.witness import install

    install()
