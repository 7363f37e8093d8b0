"""``zappa-iam completion``: the script by which a shell completes our command lines."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM, VARIABLE = "zappa-iam", "_ZAPPA_IAM_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes commands, options, stages and profiles in a shell.

    For bash and zsh, in ~/.bashrc or ~/.zshrc: eval "$(zappa-iam completion bash)". For fish:
    zappa-iam completion fish > ~/.config/fish/completions/zappa-iam.fish
    """
    from zappa_iam_ext.cli import main

    completion = get_completion_class(shell)
    assert completion  # noqa: S101  -- click knows these shells
    click.echo(completion(main, {}, PROGRAM, VARIABLE).source())
