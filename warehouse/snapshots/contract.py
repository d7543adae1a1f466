"""The contract with those who read the marts: kept in a file a version, and what a change of the marts breaks of it.

The definition is `codebook/marts.csv`; `make contract` freezes it under the version in `codebook/contract_version.py`,
in docs/reference/contract. Columns may be added at the end, marts may be added, labels may be bettered. Whatever else
a reader could stumble over needs the next version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from warehouse.codebook import Codebook, load
from warehouse.codebook.contract_version import CONTRACT
from warehouse.messages.errors import CodebookError


class FrozenRecord(BaseModel):
    """A part of the contract: immutable, and with no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnContract(FrozenRecord):
    """A column as readers know it; the type is one of the codebook's."""

    column: str
    dtype: str
    unit: str
    null: bool
    label_zh: str
    label_en: str


class MartContract(FrozenRecord):
    """A mart's labels, and its columns in their order."""

    label_zh: str
    label_en: str
    columns: tuple[ColumnContract, ...]


class Contract(FrozenRecord):
    """All marts, under a version."""

    contract: int
    marts: Mapping[str, MartContract]


def contract_of(book: Codebook, version: int = CONTRACT) -> Contract:
    """The contract that the codebook makes, marts by name."""
    marts = {
        name: MartContract(
            label_zh=mart.label_zh,
            label_en=mart.label_en,
            columns=tuple(ColumnContract(**c.model_dump(exclude={"mart"})) for c in book.marts[name]),
        )
        for name, mart in sorted(book.mart_list.items())
    }
    return Contract(contract=version, marts=marts)


def broken(before: Contract, after: Contract) -> list[str]:
    """What readers of `before` would stumble over in `after`, in words that name mart and column; versions aside."""
    return [fault for name, mart in before.marts.items() for fault in _broken(name, mart, after.marts.get(name))]


def _broken(name: str, before: MartContract, after: MartContract | None) -> Iterator[str]:
    if after is None:
        yield f"{name}: is no more"
        return
    now = {c.column: c for c in after.columns}
    for was in before.columns:
        yield from _changed(f"{name}.{was.column}", was, now.get(was.column))
    stay = [c.column for c in before.columns if c.column in now]
    first = list(now)[: len(stay)]
    if first != stay:
        yield f"{name}: begins with {', '.join(first)}, began with {', '.join(stay)}; new columns come at the end"


def _changed(place: str, was: ColumnContract, now: ColumnContract | None) -> Iterator[str]:
    if now is None:
        yield f"{place}: is no more"
        return
    if now.dtype != was.dtype:
        yield f"{place}: is {now.dtype}, was {was.dtype}"
    if now.unit != was.unit:
        yield f"{place}: is in {now.unit or 'no unit'}, was in {was.unit or 'no unit'}"
    if now.null and not was.null:
        yield f"{place}: may be null, was never"


def frozen_path(folder: Path, version: int = CONTRACT) -> Path:
    """Where the contract of a version is kept."""
    return folder / f"v{version}.json"


def read_frozen(folder: Path, version: int = CONTRACT) -> Contract | None:
    """The contract as it was frozen under a version; None where it was not."""
    try:
        return Contract.model_validate_json(frozen_path(folder, version).read_bytes())
    except FileNotFoundError:
        return None


def freeze(folder: Path, contract: Contract) -> Path:
    """Writes the contract to the file of its version.

    Raises CodebookError where it breaks what that file says: a promise is not mended by writing down another.
    """
    before = read_frozen(folder, contract.contract)
    if before and (faults := broken(before, contract)):
        raise CodebookError(
            f"marts.csv breaks contract {contract.contract}; raise CONTRACT in "
            f"warehouse/codebook/contract_version.py, then say make contract:\n  " + "\n  ".join(faults)
        )
    path = frozen_path(folder, contract.contract)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(contract), encoding="utf-8")
    return path


def to_json(contract: Contract) -> str:
    """The contract as JSON that a person can read: a line a column."""
    marts = ",\n".join(_mart(name, mart) for name, mart in contract.marts.items())
    return f'{{\n"contract": {contract.contract},\n"marts": {{\n{marts}\n}}\n}}\n'


def _mart(name: str, mart: MartContract) -> str:
    columns = ",\n".join(f"  {_as_json(c.model_dump())}" for c in mart.columns)
    labels = ", ".join(f"{_as_json(key)}: {_as_json(getattr(mart, key))}" for key in ("label_zh", "label_en"))
    return f'{_as_json(name)}: {{{labels}, "columns": [\n{columns}\n]}}'


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    try:
        freeze(Path(sys.argv[1]), contract_of(load()))
    except CodebookError as error:
        sys.exit(str(error))
