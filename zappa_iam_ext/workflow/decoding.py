"""Asks AWS to decode an encoded authorisation message, where the caller may."""

from __future__ import annotations

from dataclasses import replace

from zappa_iam_ext.aws.errors import translated
from zappa_iam_ext.errors import AccessDenied, AwsUnavailable, CredentialsProblem, ZappaIamError
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.parse import parse_decoded
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session


def decode_denial(denial: Denial, options: AwsOptions) -> tuple[Denial, str]:
    """Return what the message says, and a note when it could not be decoded.

    What the text says in the clear is kept: the operation, the layer and that a function was denied, and all of it when
    ``sts:DecodeAuthorizationMessage`` may not be called.
    """
    try:
        session = open_session(options.profile, options.region or "us-east-1")
        sts = open_client(session, "sts", options)
        with translated("sts:DecodeAuthorizationMessage"):
            answer = sts.decode_authorization_message(EncodedMessage=denial.encoded)
    except (AccessDenied, CredentialsProblem) as error:
        return denial, f"the encoded message could not be decoded: {error}\n{error.hint}".rstrip()
    except (AwsUnavailable, ZappaIamError) as error:
        return denial, f"the encoded message could not be decoded: {error}"
    decoded = parse_decoded(answer.get("DecodedMessage", ""))
    if decoded is None:
        return denial, "the encoded message was decoded to something that we cannot read"
    return replace(
        decoded,
        operation=denial.operation,
        layer=denial.layer,
        principal=decoded.principal or denial.principal,
        policy=denial.policy,
        by_role=denial.by_role and ":user/" not in decoded.principal,
    ), ""
