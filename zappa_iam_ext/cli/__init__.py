"""The command line: one small file per command."""

from __future__ import annotations

import click

from zappa_iam_ext import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zappa-iam")
def main() -> None:
    """Know, check, provision and rehearse the AWS permissions of a Zappa deployment."""
