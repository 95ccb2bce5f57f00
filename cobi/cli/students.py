"""`cobi erase` and `cobi export-student`: what a student may ask for."""

from __future__ import annotations

from typing import Annotated, Any

from rich.table import Table
from typer import Argument, Option, confirm

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, console, identifier, print_json, table

CustomerId = Annotated[str, Argument(metavar="CUSTOMER_ID", help="The student.")]


def erase(
    customer_id: CustomerId,
    org: Org,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Remove a student from every table, for good; what the report counts stays without the student."""
    student = identifier("CUSTOMER_ID", customer_id)
    if not yes:
        confirm("This cannot be undone. Erase the student?", abort=True)
    with organisation(org, data) as service:
        receipt = service.erase(student)
    if as_json:
        print_json(receipt)
        return
    print(f"receipt {receipt['receipt_id']} of {receipt['erased']}")
    console().print(_stores(receipt["stores"]))
    if receipt["models_due"]:
        versions = ", ".join(map(str, receipt["models_due"]))
        print(f"Models due to be learned anew (cobi train): {versions}")


def export_student(customer_id: CustomerId, org: Org, data: Data = None) -> None:
    """Print everything that is held on a student as JSON."""
    with organisation(org, data) as service:
        print_json(service.export_student(identifier("CUSTOMER_ID", customer_id)))


def _stores(stores: dict[str, Any]) -> Table:
    made = table("table", "removed", "anonymised", right=("removed", "anonymised"))
    for name, counts in stores.items():
        made.add_row(name, f"{counts['removed']:,}", f"{counts['anonymised']:,}")
    return made
