"""`cobi doctor`: what is wrong with the feedback loop."""

from __future__ import annotations

from typer import Exit

from cobi.cli.opening import organisation
from cobi.cli.options import AsJson, Data, Org, print_json


def doctor(org: Org, as_json: AsJson = False, data: Data = None) -> None:
    """Look for what is wrong with the loop itself; exits with 1 where something is."""
    with organisation(org, data) as service:
        told = service.reports.health()
    if as_json:
        print_json(told)
    else:
        for finding in told["findings"]:
            where = ", ".join(f"{name} {value}" for name, value in finding["where"].items())
            print(
                f"{finding['code']}, {finding['since']} to {finding['until']}{f' ({where})' if where else ''}"
            )
            print(f"  {finding['what']}")
            print(f"  likely: {finding['likely_cause']}")
            print(f"  to do:  {finding['what_to_do']}")
            print("  " + ", ".join(f"{name} {value}" for name, value in finding["figures"].items()))
            for sample in finding["samples"]:
                print(f"  such as interaction {sample}")
        if told["healthy"]:
            print(f"nothing found; looked for {', '.join(told['looked_for'])}")
    if not told["healthy"]:
        raise Exit(1)
