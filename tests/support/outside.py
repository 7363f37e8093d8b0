"""Outside packages whose import is not clean: the tests turn warnings into errors, these leave a file open."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import parliament

__all__ = ["parliament"]
