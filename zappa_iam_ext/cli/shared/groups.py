"""A group whose help tells the whole first sentence of each command."""

from __future__ import annotations

import click

#: Characters of a sentence that is not cut.
_WHOLE = 1000


class WholeGroup(click.Group):
    """A group of commands; click would cut their first sentences to a line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its first sentence, over several lines where it is long."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, command.get_short_help_str(_WHOLE)) for name, command in found if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
