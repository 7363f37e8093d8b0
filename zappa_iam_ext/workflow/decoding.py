"""Asks AWS to decode an encoded authorisation message, where the caller may."""

from __future__ import annotations

from zappa_iam_ext.aws.errors import translated
from zappa_iam_ext.errors import AccessDenied, AwsUnavailable, CredentialsError
from zappa_iam_ext.permissions.denials import Denial, parse_decoded
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session


def decode_denial(denial: Denial, options: AwsOptions) -> tuple[Denial, str]:
    """Return what the message says, and a note when it could not be decoded.

    What the text says in the clear is kept when ``sts:DecodeAuthorizationMessage`` may not be called.
    """
    try:
        session = open_session(options.profile, options.region or "us-east-1")
        sts = open_client(session, "sts", options)
        with translated("sts:DecodeAuthorizationMessage"):
            answer = sts.decode_authorization_message(EncodedMessage=denial.encoded)
    except (AccessDenied, AwsUnavailable, CredentialsError) as error:
        return denial, f"the encoded message could not be decoded: {error}"
    return parse_decoded(answer["DecodedMessage"]) or denial, ""
