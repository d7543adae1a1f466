"""What an entry of the journal says, as rows of the ledger's tables. Does not belong here: the tables, the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from warehouse.messages.finding import Finding
from warehouse.store.journal_records import MOVERS, Entry, HoldRecord, RollUpRecord
from warehouse.store.named_files import named_files
from warehouse.store.rule_lists import lists_of

OF_A_RULE = ("county_code", "period", "dataset", "rule")


def rows_of(entry: Entry, head: str, known: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of a run by the name of their table, `head` being the journal's; one may say more than its table has.
    What lists of rules say that are `known` is not said again.
    """
    run = {"run": entry.run}
    received_at = entry.received_at.replace(tzinfo=None)
    decided = [d.model_dump() for d in entry.decisions]
    lists = [(sha256, rules) for p in entry.periods for sha256, rules in lists_of(p)]
    return {
        "runs": [run | {"flow": entry.flow, "received_at": received_at, "head": head} | entry.counts],
        "receipts": [
            run | r.receipt.model_dump() | {"received_at": received_at, "verdict": r.verdict} for r in entry.receipts
        ],
        "returns": [run | d | {"known_from": received_at} for d in decided],
        "rules": [
            run | {"dataset": rules[0].dataset, "period": rules[0].period, "rule_list": name} for name, rules in lists
        ],
        "rule_texts": [
            run | {"rule_list": name} | rule.model_dump()
            for name, rules in dict(lists).items()
            if name not in known
            for rule in rules
        ],
        "results": [run | d | result for d in decided for result in _results(d)],
        "roll_ups": [run | _roll_up(r) for p in entry.periods for r in p.roll_ups],
        "holds": [run | _hold(h) for h in entry.holds],
        "releases": [
            run | p.release.model_dump() | {"period": p.period, "known_from": received_at}
            for p in entry.periods
            if p.release
        ],
        "waiting": [run | w.model_dump() | {"known_from": received_at} for w in entry.waiting],
        "notes": [run | n.note.model_dump() | {"answered": n.answered} for p in entry.periods for n in p.notes],
        "findings": [run | f.row for f in entry.all_findings],
        "proposals": [run | proposed for f in entry.all_findings for proposed in _proposals(f)],
        "touched": [run | touched for touched in _touched(entry)],
        "forgotten": [
            run | {"receipt": receipt, "reason": gone.reason, "by": gone.by}
            for gone in (entry.forgotten,)
            if gone
            for receipt in gone.receipts
        ],
        "files": [run | {"path": path, "sha256": sha256} for path, sha256 in named_files(entry).items()],
    }


def _proposals(finding: Finding) -> list[dict[str, Any]]:
    """A row per proposal and change: whose finding it is, its rank, and the change."""
    whose = {name: getattr(finding, name) for name in ("receipt", "submission", "file", "sheet", "cells", *OF_A_RULE)}
    return [
        whose | {"proposal_rank": rank} | change.model_dump()
        for rank, proposal in enumerate(finding.proposals, start=1)
        for change in proposal.changes
    ]


def _touched(entry: Entry) -> list[dict[str, Any]]:
    """Datasets and periods that the entry says anything of, or makes unsaid; None for a finding of neither."""
    decided = {(d.dataset, d.period) for d in entry.decisions}
    said = {(f.dataset, f.period) for f in entry.all_findings}
    rules = {(r.dataset, r.period) for p in entry.periods for r in p.rules}
    sums = {(r.dataset, r.period) for p in entry.periods for r in p.roll_ups}
    holds = {(h.dataset, h.period) for h in entry.holds}
    unsaid = entry.forgotten.said if entry.forgotten else ()
    keys = sorted({*decided, *said, *rules, *sums, *holds, *unsaid}, key=lambda key: (key[0] or "", key[1] or ""))
    return [{"dataset": key[0], "period": key[1], "decided": key in decided} for key in keys]


def _results(decision: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each rule that some row of the return failed or could not be held to; the others passed whole."""
    counts = {name: decision[name] for name in ("failed", "explained", "not_evaluated")}
    rules = sorted({rule for by_rule in counts.values() for rule in by_rule})
    return [{"rule": rule, **{name: by_rule.get(rule, 0) for name, by_rule in counts.items()}} for rule in rules]


def _hold(record: HoldRecord) -> dict[str, Any]:
    lists = {"returns": MOVERS.dump_json(record.returns).decode(), "let_through": "|".join(record.let_through)}
    return record.model_dump() | lists


def _roll_up(record: RollUpRecord) -> dict[str, Any]:
    return record.model_dump() | {"failed": len(record.failing), "failing": "; ".join(record.failing)}
