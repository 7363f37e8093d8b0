"""``python -m zappa_iam_ext`` is ``zappa-iam``."""

from __future__ import annotations

from zappa_iam_ext.cli import main

if __name__ == "__main__":
    main()
