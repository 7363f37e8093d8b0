"""What a stage's settings may hold: judged against Zappa's own reading of them, before anything is derived from them.

Pure but for `named_files` and `permission_files`, which look at the files that settings name.
"""

from zappa_iam_ext.settings.judgement import Judgement, Refusal
from zappa_iam_ext.settings.judging import judge
from zappa_iam_ext.settings.named_files import judge_named_files

__all__ = ["Judgement", "Refusal", "judge", "judge_named_files"]
