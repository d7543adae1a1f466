"""The texts of rules, each kept once: entries of the journal name lists of them by their SHA-256.

Night after night the rules of a dataset are the same, and they are more than all else that a night decides. A list of
them lies beside the entries under the SHA-256 of its bytes, and is there for good before an entry names it. It says
nothing of periods, so that one list serves all in which the rules are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from pydantic import TypeAdapter

from warehouse.messages.errors import StoreError
from warehouse.store.archive import hash_file
from warehouse.store.files import Root, found, write_durably
from warehouse.store.journal_records import Entry, PeriodRecord, RuleRecord

RECORDS = TypeAdapter(tuple[RuleRecord, ...])


def rule_list_path(root: Root, sha256: str) -> Path:
    """Where a list of rules is, or will be."""
    return root.journal / "rules" / f"{sha256}.json"


def rule_lists(root: Root) -> dict[str, str]:
    """The lists that are there, by path below the root, with the SHA-256 of each."""
    return {path.relative_to(root.path).as_posix(): path.stem for path in found(root.journal, "rules/*.json")}


def keep_rules(root: Root, entry: Entry) -> Entry:
    """The entry as it is written, which names its rules: their lists are kept, for good."""
    return entry.model_copy(update={"periods": tuple(_kept(root, period) for period in entry.periods)})


def with_rules(root: Root, entry: Entry) -> Entry:
    """The entry as it was decided, with its rules. Raises StoreError where a list is gone, or not as it was kept."""
    return entry.model_copy(update={"periods": tuple(_whole(root, period) for period in entry.periods)})


def lists_of(period: PeriodRecord) -> Iterator[tuple[str, tuple[RuleRecord, ...]]]:
    """The lists of the rules that were applied, each of one dataset, with the SHA-256 of each."""
    for _, rules in groupby(period.rules, key=lambda rule: rule.dataset):
        one = tuple(rules)
        yield hashlib.sha256(_bytes(one)).hexdigest(), one


def _bytes(rules: tuple[RuleRecord, ...]) -> bytes:
    return RECORDS.dump_json(rules, indent=1, exclude={"__all__": {"period"}})


def _kept(root: Root, period: PeriodRecord) -> PeriodRecord:
    lists = [*lists_of(period)]
    for sha256, rules in lists:
        path = rule_list_path(root, sha256)
        if not path.exists() or hash_file(path) != sha256:
            write_durably(path, _bytes(rules))
            path.chmod(0o440)
    named = (*period.rule_lists, *(sha256 for sha256, _ in lists))
    return period.model_copy(update={"rules": (), "rule_lists": named})


def _whole(root: Root, period: PeriodRecord) -> PeriodRecord:
    rules = [rule for sha256 in period.rule_lists for rule in _read(root, sha256, period.period)]
    return period.model_copy(update={"rules": (*rules, *period.rules), "rule_lists": ()})


def _read(root: Root, sha256: str, period: str) -> list[RuleRecord]:
    path = rule_list_path(root, sha256)
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(
            f"{path} 缺失或内容已变,请从备份恢复; it is missing, or a byte of it has changed: restore it from a backup"
        )
    return [RuleRecord(**rule, period=period) for rule in json.loads(data)]
