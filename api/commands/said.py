"""How a command of `kitstore` fails: in a sentence.

One rule for the editor: nothing is imported here but the library of the command line, so that the front stays light.
"""

import click


class Said(click.ClickException):
    """A problem, told in one sentence; exit code 1."""

    exit_code = 1
