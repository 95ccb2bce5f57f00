"""The `cobi` command and its subcommands."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Exit, Option, Typer

import cobi
from cobi.cli.backing_up import backup, migrate, restore
from cobi.cli.configuration import configuration
from cobi.cli.demo import demo
from cobi.cli.evaluating import evaluate
from cobi.cli.examining import doctor
from cobi.cli.experiments import experiments
from cobi.cli.exporting import export_records
from cobi.cli.importing import import_records
from cobi.cli.keys import keys
from cobi.cli.models import models
from cobi.cli.organisation_settings import settings
from cobi.cli.quarantine import quarantine
from cobi.cli.recommending import recommend
from cobi.cli.reporting import report, reports
from cobi.cli.segments import segments
from cobi.cli.selftesting import selftest
from cobi.cli.serving import serve
from cobi.cli.students import erase, export_student
from cobi.cli.training import train
from cobi.domain.errors import CobiError

app = Typer(
    name="cobi",
    help="Recommendations for student-discount marketplaces, and an honest account of what they caused.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(serve)
app.command("import")(import_records)
app.command("export")(export_records)
app.command()(train)
app.command()(evaluate)
app.command()(recommend)
app.command()(report)
app.command()(doctor)
app.command()(selftest)
app.command()(demo)
app.command()(erase)
app.command("export-student")(export_student)
app.command()(backup)
app.command()(restore)
app.command()(migrate)
app.add_typer(models, name="models")
app.add_typer(quarantine, name="quarantine")
app.add_typer(segments, name="segments")
app.add_typer(experiments, name="experiment")
app.add_typer(reports, name="reports")
app.add_typer(keys, name="key")
app.add_typer(settings, name="settings")
app.add_typer(configuration, name="config")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"cobi {cobi.__version__}")
        raise Exit


@app.callback()
def options(
    version: Annotated[
        bool, Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Recommendations for student-discount marketplaces, and an honest account of what they caused."""


def main() -> None:
    """Run the command line; an error a person can mend is told without a traceback."""
    try:
        app()
    except CobiError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        sys.exit(2)
