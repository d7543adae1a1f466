"""The same work as a night with nothing around it: no Prefect, no Great Expectations, no archive, journal or ledger.

`python -m tests.bench.bare INBOX OUT` reads the workbooks and CSV files, types them, holds them to the same rules,
gives each return its verdict, writes the rows and all marts as Parquet. It starts from nothing known, expects files
of the form that the sample has, counts failing rows by rule and says nothing about them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from tests.bench.bare_companions import Decided
from tests.bench.bare_judge import Tables, judge
from tests.bench.bare_read import PLACE, read_inbox
from tests.bench.measure import clocks, peak_mib, since_start, stage
from warehouse import marts
from warehouse.codebook import Dataset, load
from warehouse.marts.sources import Sources
from warehouse.store.in_force import rows_in_force
from warehouse.store.ledger import FINDINGS, RECEIPTS, RESULTS, RETURNS, ROLL_UPS, RULE_TEXTS, RULES, RUNS, schema

RUN = "000001"


@dataclass(frozen=True, kw_only=True)
class Memory(Sources):
    """Sources whose rows are at hand: accepted rows by dataset."""

    accepted: Mapping[str, pl.DataFrame]

    def rows(self, dataset: Dataset) -> pl.LazyFrame:
        return rows_in_force(self.accepted[dataset.dataset].lazy(), self.returns.lazy(), dataset.dataset)


def night(inbox: Path, out: Path, received_at: datetime) -> dict[str, Any]:
    """The night; says how long each stage took and how many returns got which verdict."""
    seconds: dict[str, float] = {}
    decided, tables = Decided(), Tables()
    with clocks() as spent:
        with stage(seconds, "read"):
            return_headers, rows = read_inbox(inbox)
        with stage(seconds, "judge"):
            batches = _judge_all(return_headers, rows, decided, tables)
        with stage(seconds, "commit"):
            _write_rows(out, batches, received_at)
        with stage(seconds, "publish"):
            sources = _sources(decided, tables, received_at)
            _write_marts(out / "marts", sources)
    return {"seconds": seconds, "verdicts": Counter(sources.returns["verdict"])} | spent


def _judge_all(
    return_headers: pl.DataFrame, rows: dict[str, pl.DataFrame], decided: Decided, tables: Tables
) -> dict[tuple[str, str], pl.DataFrame]:
    """The judged rows by dataset and period: periods ascending, in each the datasets in the codebook's order."""
    returns = return_headers.partition_by("period", "dataset", as_dict=True, maintain_order=True)
    parts = {name: frame.partition_by("period", as_dict=True) for name, frame in rows.items()}
    return {
        (name, period): judge(
            dataset, period, returns[period, name], parts[name].get((period,), rows[name].clear()), decided, tables
        )
        for period in sorted(return_headers["period"].unique())
        for name, dataset in load().datasets.items()
        if (period, name) in returns
    }


def _write_rows(out: Path, batches: dict[tuple[str, str], pl.DataFrame], received_at: datetime) -> None:
    """A file for each dataset and period, and kind of verdict."""
    known_from = pl.lit(received_at.replace(tzinfo=None), pl.Datetime("us"))
    for (name, period), judged in batches.items():
        accepted = pl.col("version").is_not_null()
        for folder, rows in (("history", judged.filter(accepted)), ("quarantine", judged.filter(~accepted))):
            if not rows.is_empty():
                path = out / folder / name / f"period={period}" / f"{RUN}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                columns = dict.fromkeys(
                    [*PLACE, "return_status", "known_from", "version", *load().datasets[name].columns]
                )
                rows.with_columns(known_from=known_from).select(*columns).write_parquet(path)


def _sources(decided: Decided, tables: Tables, received_at: datetime) -> Memory:
    moment = pl.lit(received_at.replace(tzinfo=None), pl.Datetime("us"))
    # Nobody waives or withdraws anything here.
    nobody = dict.fromkeys(("reason", "by"), pl.lit(None, pl.String))
    returns = pl.concat(tables.returns).with_columns(run=pl.lit(RUN), known_from=moment, **nobody)
    reasons = dict.fromkeys(("reason_zh", "reason_en", "source"), pl.lit(None, pl.String))
    rules = pl.concat(tables.rules).with_columns(run=pl.lit(RUN), rule_list=pl.concat_str("dataset", "period"))
    ledger = {
        RETURNS: returns,
        RULES: rules.select("run", "dataset", "period", "rule_list").unique(maintain_order=True),
        RULE_TEXTS: rules.drop("dataset", "period").with_columns(**reasons),
        RESULTS: pl.concat(tables.results).with_columns(run=pl.lit(RUN)),
        ROLL_UPS: pl.concat(tables.roll_ups).with_columns(run=pl.lit(RUN)),
        **{table: pl.DataFrame(schema=schema(table)) for table in (FINDINGS, RECEIPTS, RUNS)},
    }
    return Memory(
        book=load(),
        history=Path(),
        read=ledger.__getitem__,
        runs=(RUN,),
        accepted={
            name: pl.concat(decided.rows[name]) if name in decided.rows else pl.DataFrame(schema=dataset.dtypes)
            for name, dataset in load().datasets.items()
        },
    )


def _write_marts(out: Path, sources: Sources) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in load().mart_list:
        marts.build(name, sources).collect().write_parquet(out / f"{name}.parquet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inbox", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--received-at", type=datetime.fromisoformat, default=datetime.now(UTC))
    parser.add_argument("--json", action="store_true", help="on one line")
    given = parser.parse_args()
    start_up = since_start()
    measured = night(given.inbox, given.out, given.received_at)
    measured |= {"start_up": start_up, "peak_mib": peak_mib()}
    sys.stdout.write(json.dumps(measured, indent=None if given.json else 1) + "\n")


if __name__ == "__main__":
    main()
