"""Python imports this at start-up when its folder is on ``PYTHONPATH``: the way into the real ``zappa``."""

import os

if os.environ.get("ZAPPA_IAM_EXT_REHEARSAL"):
    from zappa_iam_ext.rehearsal.inside_zappa.instrument import install

    install()
