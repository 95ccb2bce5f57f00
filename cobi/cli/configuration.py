"""`cobi config`: the settings."""

from __future__ import annotations

from typer import Typer

from cobi.config.settings import example

configuration = Typer(help="Settings.", no_args_is_help=True)


@configuration.command("example")
def print_example() -> None:
    """Print every setting with its meaning and default, as a config.toml to begin with."""
    print(example(), end="")
