"""One real night in this process: `python -m tests.bench.product INBOX RECEIVED_AT`, the root from the environment.

Everything up to the end of a trivial flow is start-up, the embedded server's too; then the nightly flow is timed.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from flows.settings import load_settings, quiet_environment
from tests.bench.measure import children_peak_mib, clocks, peak_mib, since_start


def warm_up() -> float:
    """Imports what a night needs and runs a flow that does nothing; seconds since the process began."""
    quiet_environment(load_settings())
    for name in ("polars", "great_expectations", "flows.nightly"):
        import_module(name)
    import_module("prefect").flow(name="nothing")(_nothing)()
    return since_start()


def _nothing() -> None:
    """The body of a flow that does nothing."""


def night(inbox: Path, received_at: datetime) -> dict[str, Any]:
    """The nightly flow, its stages and verdicts."""
    nightly = import_module("flows.nightly").nightly
    with clocks() as spent:
        summary = nightly(inbox=inbox, received_at=received_at)
    verdicts = {name: getattr(summary, name) for name in ("accepted", "accepted_with_queries", "quarantined")}
    return {"seconds": summary.seconds, "verdicts": {k: n for k, n in verdicts.items() if n}} | spent


def main() -> None:
    start_up = warm_up()
    measured = night(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
    measured |= {"start_up": start_up, "peak_mib": peak_mib(), "server_peak_mib": children_peak_mib()}
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
