"""The public API, used as a caller would; checked by mypy, never run."""

from __future__ import annotations

from zappa_iam_ext.permissions.model import Call, Consequence

call: Call = Call("lambda", "GetFunction", {"FunctionName": "app-dev"})
consequence: Consequence = call.consequence
