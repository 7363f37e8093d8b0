"""What a web identity token says of who issued it. The token itself is told to nobody."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from zappa_iam_ext.aws.credentials.choice import SessionChoice
from zappa_iam_ext.aws.credentials.profiles import ProfileFiles

_HTTPS = "https://"


def token_file(choice: SessionChoice, files: ProfileFiles, environ: Mapping[str, str]) -> str:
    """Return the path of the token file as botocore finds it; empty when there is none."""
    variable = "" if choice.explicit else environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
    return variable or files.of(choice.settings_of).get("web_identity_token_file", "")


def provider_of_token(path: str, partition: str, account: str) -> str:
    """Return the ARN of the account's OIDC provider for the issuer of the token in a file; empty where it cannot be read."""
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError, binascii.Error):
        claims = Path(path).expanduser().read_text(encoding="ascii").split(".")[1]
        issuer = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["iss"]
        if issuer.startswith(_HTTPS):
            return f"arn:{partition}:iam::{account}:oidc-provider/{issuer.removeprefix(_HTTPS).rstrip('/')}"
    return ""
