"""The files of profiles under their former name."""

from __future__ import annotations

from zappa_iam_ext.aws.profile_files import ProfileFiles as CredentialsFile
from zappa_iam_ext.aws.profile_files import check_profile_name

__all__ = ["CredentialsFile", "check_profile_name"]
