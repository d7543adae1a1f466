"""What a finding says of the values that the other cells of its row leave."""

from __future__ import annotations

import polars as pl
from openpyxl.utils import get_column_letter

from expectations.suites import companions_for, rules_for
from expectations.validation.batch import Batch
from expectations.validation.checkpoint import Failure
from expectations.validation.rule_findings import rule_findings
from tests.builders import BOOK, YANGGAO, head
from tests.builders import row as build_row
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.reading import LAYOUT
from warehouse.messages.finding import Finding

PERIOD = "2017-12"


def held_to(dataset: str, name: str, **values: int | None) -> Finding:
    """What is said of a row, otherwise of zeros, that breaks the first check of one of the dataset's own rules."""
    form = BOOK.datasets[dataset]
    place = {"receipt": 1, "sheet": form.label_zh, "row": 2, "county_code": YANGGAO, "period": PERIOD}
    earlier = {column: pl.Int64() for column in values if column not in form.columns}
    own = {c: v for c, v in values.items() if c in form.columns}
    rows = [place | build_row(dataset, **own) | {c: values[c] for c in earlier}]
    layout = [(1, form.label_zh, column, get_column_letter(at + 1)) for at, column in enumerate(form.columns)]
    made = Batch(
        dataset=form,
        period=PERIOD,
        return_headers={(1, YANGGAO): head()},
        rows=pl.DataFrame(rows, {**PROVENANCE, **form.dtypes, **earlier}).with_row_index("row_id"),
        companions=companions_for(form),
        layout=pl.DataFrame(layout, LAYOUT, orient="row"),
        at_reading=(),
    )
    broken = next(one for one in rules_for(form, PERIOD) if one.rule == name)
    (one,) = rule_findings([Failure(broken, 0, (0,))], made)
    return one


VILLAGES = {
    "villages_demolished": 900, "villages_completed": 884, "villages_started": 2487, "villages_planned": 3350,
    "last_villages_demolished": 381, "last_villages_completed": 700, "last_villages_started": 2000,
    "last_villages_planned": 3350,
}  # fmt: skip


def test_of_two_cells_that_do_not_go_together_it_is_said_between_which_values_each_would_be_right() -> None:
    one = held_to("relocation", "relocation_funnel", **VILLAGES)
    assert "(其他单元格不变时,拆除复垦村数应在 381 与 884 个之间;完成村数应在 900 与 2487 个之间)" in one.message_zh
    assert (
        " (the other cells being right: Villages demolished and reclaimed between 381 and 884 villages;"
        " or Villages completed between 900 and 2487 villages)"
    ) in one.message_en


def test_a_cell_that_the_other_rules_leave_no_value_is_not_told_to_have_one() -> None:
    # More than were completed in the last period must not be demolished now: 900 are, and were.
    one = held_to("relocation", "relocation_funnel", **VILLAGES | {"last_villages_demolished": 890})
    assert "demolished and reclaimed between" not in one.message_en
    assert "Villages completed between 900 and 2487" in one.message_en


def test_what_the_broken_relation_says_itself_is_not_said_again() -> None:
    one = held_to("finance", "overdue_within_balance", overdue_balance_yuan=20_000, loan_balance_yuan=10_000)
    assert "不变" not in one.message_zh
    assert "being right" not in one.message_en


def test_the_only_value_that_the_others_leave_is_said_in_the_forms_unit() -> None:
    one = held_to(
        "finance", "loan_cap", loan_amount_yuan=60_000, loan_households=1, household_use_amount_yuan=45_000
    )  # fmt: skip
    label = BOOK.datasets["finance"]["loan_amount_yuan"].label_zh
    assert f"(其他单元格不变时,{label}应为 4.5 万元)" in one.message_zh


def test_of_one_cell_below_its_last_value_the_relation_says_all() -> None:
    one = held_to("relocation", "relocation_never_falls", **VILLAGES | {"villages_planned": 3000})
    assert "being right" not in one.message_en
