"""Types of what a person may choose or leave blank: how a form shows them, what is taken from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from warehouse.codebook.load import load


@dataclass(frozen=True)
class _Choices:
    """A text that a form lets choose from a list, which is asked for when the form is made."""

    among: Callable[[], Iterable[str]]

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "enum": [*self.among()]}


class _OrBlank:
    """What may be left blank: a form shows the field itself, not a choice between it and nothing."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        (whole,) = [one for one in schema.pop("anyOf") if one != {"type": "null"}]
        return {**schema, **whole}


def _code(said: Any) -> Any:
    """The code of a choice; a code alone is one."""
    return said.split(" ", 1)[0] if isinstance(said, str) else said


def _counties() -> list[str]:
    """Each code with the names that it has had, of its prefecture: several are called 城区."""
    names: dict[str, dict[str, None]] = {}
    for one in load().divisions:
        names.setdefault(one.county_code, {})[f"{one.prefecture_zh}{one.name_zh}"] = None
    return [f"{code} {'/'.join(own)}" for code, own in sorted(names.items())]


def _datasets() -> list[str]:
    return [f"{one.dataset} {one.label_zh}" for one in load().datasets.values()]


# Beside the type of what may be left blank.
OR_BLANK = _OrBlank()
# The default of what may be left blank. A form would send a plain None back, and be told that it is no text.
BLANK: Any = Field(default_factory=lambda: None)
County = Annotated[str, BeforeValidator(_code), _Choices(_counties)]
Dataset = Annotated[str, BeforeValidator(_code), _Choices(_datasets)]
DatasetOrAll = Annotated[str, BeforeValidator(_code), _Choices(lambda: ["all 全部", *_datasets()])]
