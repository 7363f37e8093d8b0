"""AWS's and Zappa's sentences: what each means, and where it is from."""

from __future__ import annotations

from zappa_iam_ext.permissions.denials.wordings.deployer import Wording, about_credentials
from zappa_iam_ext.permissions.denials.wordings.roles import OWN_WORDINGS
from zappa_iam_ext.permissions.denials.wordings.sentences import performed, prose
from zappa_iam_ext.permissions.denials.wordings.vague import bare_denials

__all__ = ["OWN_WORDINGS", "Wording", "about_credentials", "bare_denials", "performed", "prose"]
