"""The contract with readers: the codebook keeps what is frozen, and every kind of break is seen and named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders import BOOK
from warehouse.codebook.contract_version import CONTRACT
from warehouse.messages.errors import CodebookError
from warehouse.snapshots.contract import (
    ColumnContract,
    Contract,
    MartContract,
    broken,
    contract_of,
    freeze,
    frozen_path,
    read_frozen,
    to_json,
)

KEPT = Path(__file__).parents[2] / "docs" / "reference" / "contract"
HOW_TO = KEPT.parents[1] / "how-to"
# The first version that was frozen.
FIRST = 3


def test_the_codebook_keeps_the_frozen_contract() -> None:
    frozen = read_frozen(KEPT)
    assert frozen is not None, f"contract {CONTRACT} is not frozen; say: make contract"
    faults = broken(frozen, contract_of(BOOK))
    assert not faults, (
        "raise CONTRACT in warehouse/codebook/contract_version.py, then say: make contract\n" + "\n".join(faults)
    )


def test_the_frozen_contract_has_what_was_added_since() -> None:
    assert frozen_path(KEPT).read_text(encoding="utf-8") == to_json(contract_of(BOOK)), "say: make contract"


def test_every_version_stays_and_says_which_it_is() -> None:
    assert sorted(path.name for path in KEPT.iterdir()) == sorted(f"v{n}.json" for n in range(FIRST, CONTRACT + 1))
    for version in range(FIRST, CONTRACT + 1):
        frozen = read_frozen(KEPT, version)
        assert frozen is not None
        assert frozen.contract == version


def test_the_page_about_this_version_names_every_break_with_the_last() -> None:
    before = read_frozen(KEPT, CONTRACT - 1)
    assert before is not None
    page = (HOW_TO / f"move-to-contract-{CONTRACT}.md").read_text(encoding="utf-8")
    faults = broken(before, contract_of(BOOK))
    assert [fault for fault in faults if f"`{fault.partition(':')[0]}`" not in page] == []
    assert faults or CONTRACT == FIRST


def test_a_frozen_contract_is_read_back_as_it_was() -> None:
    contract = contract_of(BOOK)
    assert Contract.model_validate_json(to_json(contract)) == contract
    said = json.loads(to_json(contract))["marts"]["mart_relocation"]
    assert said["label_zh"] == "易地扶贫搬迁"
    assert said["columns"][4] == {
        "column": "villages_planned",
        "dtype": "whole",
        "unit": "village",
        "null": True,
        "label_zh": "搬迁村数",
        "label_en": "Villages to be relocated",
    }


# --- made-up contracts ---------------------------------------------------------------------------------------------


def column(name: str, **other: Any) -> ColumnContract:
    same = {"dtype": "whole", "unit": "yuan", "null": False, "label_zh": "名", "label_en": "Name"}
    return ColumnContract(column=name, **same | other)


def mart(*columns: ColumnContract, **labels: str) -> MartContract:
    return MartContract(**{"label_zh": "表", "label_en": "Table"} | labels, columns=columns)


def contract(version: int = 3, **marts: MartContract) -> Contract:
    return Contract(contract=version, marts=marts)


A, B, C = column("a"), column("b"), column("c")
NULL = column("n", null=True)
BEFORE = contract(one=mart(A, B, C, NULL), two=mart(A))
ORDER = "one: begins with {}, began with {}; new columns come at the end"
BREAKS = {
    "mart removed": (contract(one=mart(A, B, C, NULL)), ["two: is no more"]),
    "mart renamed": (contract(one=mart(A, B, C, NULL), three=mart(A)), ["two: is no more"]),
    "column removed": (contract(one=mart(A, C, NULL), two=mart(A)), ["one.b: is no more"]),
    "last column removed": (contract(one=mart(A, B, C), two=mart(A)), ["one.n: is no more"]),
    "column renamed": (
        contract(one=mart(A, column("z"), C, NULL), two=mart(A)),
        ["one.b: is no more", ORDER.format("a, z, c", "a, c, n")],
    ),
    "type": (
        contract(one=mart(A, column("b", dtype="decimal"), C, NULL), two=mart(A)),
        ["one.b: is decimal, was whole"],
    ),
    "unit": (contract(one=mart(A, column("b", unit="mu"), C, NULL), two=mart(A)), ["one.b: is in mu, was in yuan"]),
    "unit lost": (
        contract(one=mart(A, column("b", unit=""), C, NULL), two=mart(A)),
        ["one.b: is in no unit, was in yuan"],
    ),
    "order": (contract(one=mart(B, A, C, NULL), two=mart(A)), [ORDER.format("b, a, c, n", "a, b, c, n")]),
    "column between": (
        contract(one=mart(A, column("z"), B, C, NULL), two=mart(A)),
        [ORDER.format("a, z, b, c", "a, b, c, n")],
    ),
    "may be null": (
        contract(one=mart(A, column("b", null=True), C, NULL), two=mart(A)),
        ["one.b: may be null, was never"],
    ),
    "several": (
        contract(one=mart(A, column("b", dtype="text", unit="", null=True), C, NULL)),
        ["one.b: is text, was whole", "one.b: is in no unit, was in yuan", "one.b: may be null, was never",
         "two: is no more"],
    ),
}  # fmt: skip
KEEPS = {
    "mart added": contract(one=mart(A, B, C, NULL), two=mart(A), three=mart(A)),
    "column at the end": contract(one=mart(A, B, C, NULL, column("z")), two=mart(A)),
    "other labels": contract(
        one=mart(A, column("b", label_zh="新名", label_en="New"), C, NULL, label_zh="新表"), two=mart(A)
    ),
    "never null any more": contract(one=mart(A, B, C, column("n")), two=mart(A)),
    "marts in another order": contract(two=mart(A), one=mart(A, B, C, NULL)),
}


@pytest.mark.parametrize(("after", "said"), BREAKS.values(), ids=BREAKS.keys())
def test_a_breaking_change_is_named(after: Contract, said: list[str]) -> None:
    assert broken(BEFORE, after) == said


@pytest.mark.parametrize("after", KEEPS.values(), ids=KEEPS.keys())
def test_what_no_reader_stumbles_over_breaks_nothing(after: Contract) -> None:
    assert broken(BEFORE, after) == []


@pytest.mark.parametrize(("after", "said"), BREAKS.values(), ids=BREAKS.keys())
def test_a_frozen_version_is_not_written_over_by_a_break(tmp_path: Path, after: Contract, said: list[str]) -> None:
    kept = freeze(tmp_path, BEFORE).read_bytes()
    with pytest.raises(CodebookError, match=r"contract 3; raise CONTRACT.*\n.*" + re.escape(said[0])):
        freeze(tmp_path, after)
    assert frozen_path(tmp_path, 3).read_bytes() == kept


@pytest.mark.parametrize("after", KEEPS.values(), ids=KEEPS.keys())
def test_a_frozen_version_takes_additions(tmp_path: Path, after: Contract) -> None:
    freeze(tmp_path, BEFORE)
    freeze(tmp_path, after)
    assert read_frozen(tmp_path, 3) == after


def test_under_the_next_version_a_break_is_written_beside_the_last_one(tmp_path: Path) -> None:
    kept = freeze(tmp_path, BEFORE).read_bytes()
    broke, _ = BREAKS["column renamed"]
    freeze(tmp_path, broke.model_copy(update={"contract": 4}))
    assert read_frozen(tmp_path, 4) == broke.model_copy(update={"contract": 4})
    assert frozen_path(tmp_path, 3).read_bytes() == kept


def test_a_version_that_was_never_frozen_is_none(tmp_path: Path) -> None:
    assert read_frozen(tmp_path, 9) is None
