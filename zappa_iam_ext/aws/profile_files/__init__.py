"""AWS's two files of profiles, written so that nobody loses anything."""

from __future__ import annotations

from zappa_iam_ext.aws.profile_files.names import check_profile_name
from zappa_iam_ext.aws.profile_files.profiles import ProfileFiles
from zappa_iam_ext.aws.profile_files.stored_file import StoredFile

__all__ = ["ProfileFiles", "StoredFile", "check_profile_name"]
