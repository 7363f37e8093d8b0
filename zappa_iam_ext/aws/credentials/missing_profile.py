"""What to say of a profile that nothing defines: where it was meant to be defined, and how it comes to be there. Pure."""

from __future__ import annotations

import difflib
import shlex

from zappa_iam_ext.aws.credentials.choice import (
    ADMINISTRATOR,
    KEY_VARIABLES,
    PROFILE_SETTING,
    PROFILE_VARIABLES,
    SessionChoice,
)
from zappa_iam_ext.aws.credentials.model import Machine, Trap
from zappa_iam_ext.aws.credentials.profiles import ProfileFiles
from zappa_iam_ext.permissions.fixes import CommandLines


def missing_profile(choice: SessionChoice, machine: Machine) -> Trap | None:
    """Find a profile that nothing defines; where it was meant to be defined is told if it can be seen."""
    name, files = choice.profile, machine.files
    if not name or name in files.names:
        return None
    told = f"there is no profile {name!r} in the AWS credentials or config file ({choice.named_by})"
    if trap := _miswritten(name, files, told):
        return trap
    if choice.named_by in PROFILE_VARIABLES:
        other = next((v for v in PROFILE_VARIABLES if v != choice.named_by and machine.environ.get(v)), "")
        wins = f" It wins over {other} in boto3." if other else ""
        near = _near(name, files.names)
        return Trap(told, f"Unset {choice.named_by}, or correct it{near}.{wins}", no_profile=True)
    if choice.named_by == PROFILE_SETTING and all(machine.environ.get(key) for key in KEY_VARIABLES):
        return Trap(
            f"{told}; the environment has keys, which Zappa leaves alone where a profile is named",
            "Leave profile_name out for this stage, or store the keys under that profile first (the action"
            f" configure-aws-credentials has `aws-profile: {name}`).",
            no_profile=True,
        )
    return Trap(told, _made(choice, name, files), no_profile=True)


def _miswritten(name: str, files: ProfileFiles, told: str) -> Trap | None:
    """Find a header that is another profile's to botocore, and this one's to whoever wrote it: blanks, case, no quotes."""
    if name in files.config:
        return Trap(
            f"{told}: {files.config_path} has it as [{name}], which is no profile there",
            f"In {files.config_path} write the line as [profile {name}].",
        )
    if f"profile {name}" in files.credentials:
        return Trap(
            f"{told}: {files.credentials_path} has it as [profile {name}], which is a profile of another name there",
            f"In {files.credentials_path} write the line as [{name}].",
        )
    for headers, path, right in (
        (files.credentials, files.credentials_path, name),
        (files.config, files.config_path, f"profile {shlex.quote(name)}"),
    ):
        for header in headers:
            if _meant_by(header) == _folded(name):
                return Trap(
                    f"{told}: {path} has it as [{header}], which is another name",
                    f"In {path} write the line as [{right}].",
                )
    return None


def _meant_by(header: str) -> str:
    body = header.strip()
    if body[:7].lower() == "profile" and len(body) > len("profile"):
        body = body[7:]
    return _folded(body)


def _folded(name: str) -> str:
    return " ".join(name.strip().strip("\"'").split()).lower()


def _made(choice: SessionChoice, name: str, files: ProfileFiles) -> str:
    """Return how a profile comes to be there: an administrator's is nothing that we make."""
    absent = "".join(f" {variable} names a file that is not there." for variable in files.absent[:1])
    absent = "".join(f" {variable} is set but empty." for variable in files.empty[:1]) or absent
    by_hand = f"`aws configure --profile {shlex.quote(name)}`{_near(name, files.names)}.{absent}"
    if choice.named_by == ADMINISTRATOR:
        return f"Name a profile that may write IAM, or store such a key with {by_hand}"
    return f"Make it with `{_apply(choice, name)}`, or with {by_hand}"


def _apply(choice: SessionChoice, name: str) -> str:
    """Return the command line that makes the profile: STAGE and PROFILE stand for what only the reader knows."""
    given = "" if choice.named_by == PROFILE_SETTING else name
    lines = CommandLines(profile=given)
    return lines.zappa_iam("apply", "--admin-profile", "PROFILE", "--create-keys")


def _near(name: str, names: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
    return f" (did you mean {near[0]}?)" if near else ""
