"""What edited rules would do to what is accepted: by hand-made returns, on the functions and through their file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import expectations.suites.finance as suite
from expectations.analysis.preview import Preview, VerdictChange, preview
from expectations.analysis.rule_versions import SuiteVersions, load_edited
from expectations.companions import Last, LastDecember
from expectations.language.rules import Check, Rule, between, relation
from flows.cli.rule_list import known_today, preview_file
from flows.settings import Settings
from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, finance, given, loans, night, send
from warehouse.messages.errors import PermanentError
from warehouse.store import ledger
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

FINANCE = SuiteVersions.of(BOOK.datasets["finance"])
LENT = "loan_amount_yuan"
SUITE = Path(suite.__file__)


def rule(name: str, *checks: Check, severity: Any = "critical", **others: Any) -> Rule:
    return Rule(name, severity, "理由", "a reason", checks, "form: of a test", **others)


def reported(folder: Path) -> Root:
    """A root in which three counties have reported two months of microcredit, and one has a query."""
    send(
        folder / "inbox",
        loans(finance(lent=20_000), county=YANGGAO, period="2017-11"),
        loans(finance(lent=30_000), county=YANGGAO),
        loans(finance(lent=40_000), county=TIANZHEN),
        loans(finance(lent=900), county=GUANGLING),
    )
    night(Root(folder / "root"), folder / "inbox")
    return Root(folder / "root")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of that root; nobody writes to it."""
    return Settings(root=reported(tmp_path_factory.mktemp("preview")).path)


@pytest.fixture
def would(settings: Settings) -> Callable[..., Preview]:
    """The preview of finance with other rules of its own."""

    def ask(*own: Rule, **others: Any) -> Preview:
        after = replace(FINANCE, own=own, **others)
        return preview(FINANCE, after, known_today(settings, BOOK))

    return ask


def without(name: str) -> tuple[Rule, ...]:
    return tuple(r for r in FINANCE.own if r.rule != name)


def test_the_same_rules_change_nothing(would: Callable[..., Preview]) -> None:
    found = would(*FINANCE.own)
    assert (found.dataset, found.periods, found.returns) == ("finance", ("2017-11", "2017-12"), 4)
    assert (found.changes, found.turned) == ((), ())


def test_an_added_critical_rule_says_who_would_be_quarantined(would: Callable[..., Preview]) -> None:
    found = would(*FINANCE.own, rule("cap", between(LENT, high=25_000)))
    (change,) = found.changes
    assert (change.rule, change.how, change.differs) == ("cap", "added", ())
    assert (change.failing_before, change.failing_after) == (0, 2)
    assert change.fails == (("2017-12", YANGGAO), ("2017-12", TIANZHEN))
    assert found.turned == tuple(
        VerdictChange("2017-12", county, "accepted", "quarantined") for county in (YANGGAO, TIANZHEN)
    )


def test_an_added_query_turns_only_returns_that_had_none(would: Callable[..., Preview]) -> None:
    found = would(*FINANCE.own, rule("small", between(LENT, low=25_000), severity="warning"))
    assert found.changes[0].fails == (("2017-11", YANGGAO), ("2017-12", GUANGLING))
    assert found.turned == (VerdictChange("2017-11", YANGGAO, "accepted", "accepted_with_queries"),)


def test_a_rule_that_only_counts_turns_no_verdict(would: Callable[..., Preview]) -> None:
    found = would(*FINANCE.own, rule("cap", between(LENT, high=25_000), severity="info"))
    assert (found.changes[0].failing_after, found.turned) == (2, ())


def test_a_removed_rule_frees_those_that_it_asked(would: Callable[..., Preview]) -> None:
    found = would(*without("loan_unit_slip"))
    (change,) = found.changes
    assert (change.rule, change.how, change.failing_before, change.failing_after) == ("loan_unit_slip", "removed", 1, 0)
    assert change.passes == (("2017-12", GUANGLING),)
    assert found.turned == (VerdictChange("2017-12", GUANGLING, "accepted_with_queries", "accepted"),)


def test_a_changed_rule_says_what_differs_and_both_counts(would: Callable[..., Preview]) -> None:
    slip = next(r for r in FINANCE.own if r.rule == "loan_unit_slip")
    stricter = replace(slip, severity="critical", checks=(relation("loan_amount_yuan / loan_households >= 25000"),))
    found = would(*without("loan_unit_slip"), stricter)
    (change,) = found.changes
    assert (change.how, set(change.differs)) == ("changed", {"severity", "checks"})
    assert (change.failing_before, change.failing_after) == (1, 2)
    assert change.fails == (("2017-11", YANGGAO),)
    assert [(t.county_code, t.verdict, t.would_be) for t in found.turned] == [
        (YANGGAO, "accepted", "quarantined"),
        (GUANGLING, "accepted_with_queries", "quarantined"),
    ]


def test_a_rule_counts_in_the_periods_in_which_it_holds(would: Callable[..., Preview]) -> None:
    both = (
        rule("cap", between(LENT, high=10_000), holds_until="2017-12"),
        rule("cap", between(LENT, high=35_000), holds_from="2017-12"),
    )
    found = would(*FINANCE.own, *both)
    assert found.changes[0].fails == (("2017-11", YANGGAO), ("2017-12", TIANZHEN))


def test_a_rule_of_later_periods_leaves_earlier_ones_alone(would: Callable[..., Preview]) -> None:
    found = would(*FINANCE.own, rule("cap", between(LENT, high=25_000 - 10_000), holds_from="2017-12"))
    assert found.changes[0].fails == (("2017-12", YANGGAO), ("2017-12", TIANZHEN))


def test_a_rule_may_look_at_the_last_value_of_each_period(would: Callable[..., Preview]) -> None:
    found = would(*FINANCE.own, rule("rise", relation(f"{LENT} <= this_year_{LENT}"), severity="warning"))
    assert found.changes[0].fails == (("2017-12", YANGGAO),)


def test_rules_without_a_companion_are_judged_again_without_it(would: Callable[..., Preview]) -> None:
    found = would(*without("peer_outlier"), companions=FINANCE.companions[:-1])
    assert [change.rule for change in found.changes] == ["peer_outlier"]
    assert found.turned == ()


def test_another_companion_changes_what_the_same_rule_says(settings: Settings) -> None:
    same = (*FINANCE.own, rule("rise", relation(f"{LENT} <= earlier_{LENT}")))
    december, last = LastDecember("earlier_", (LENT,)), Last("earlier_", (LENT,))
    before, after = (replace(FINANCE, own=same, companions=(*FINANCE.companions, one)) for one in (december, last))
    found = preview(before, after, known_today(settings, BOOK))
    assert [(c.rule, c.how, c.differs, c.failing_after) for c in found.changes] == [
        ("rise", "changed", ("companions",), 1)
    ]
    assert VerdictChange("2017-12", YANGGAO, "accepted", "quarantined") in found.turned


class Lacking(Last):
    """A companion whose other return is never there."""

    def join(self, rows: pl.LazyFrame, *_: Any) -> pl.LazyFrame:
        return rows.with_columns(pl.lit(value=True).alias(self.absent))


def test_a_return_that_lacks_its_partner_has_a_query_already(settings: Settings) -> None:
    before = replace(FINANCE, companions=(*FINANCE.companions, Lacking("other_", ())))
    asking, cap = rule("small", between(LENT, high=0), severity="warning"), rule("cap", between(LENT, high=35_000))
    found = preview(before, replace(before, own=(*FINANCE.own, asking, cap)), known_today(settings, BOOK))
    assert [change.failing_after for change in found.changes] == [4, 1]
    assert found.turned == (VerdictChange("2017-12", TIANZHEN, "accepted", "quarantined"),)


def test_superseded_and_nil_returns_are_not_looked_at(tmp_path: Path) -> None:
    root, inbox = reported(tmp_path), tmp_path / "inbox"
    send(inbox / "later", loans(finance(lent=1_000), county=TIANZHEN), given("140224", "2017-12", "finance"))
    night(root, inbox)
    after = replace(FINANCE, own=(*FINANCE.own, rule("cap", between(LENT, high=25_000))))
    found = preview(FINANCE, after, known_today(Settings(root=root.path), BOOK))
    assert found.returns == 4
    assert found.changes[0].fails == (("2017-12", YANGGAO),)


# --- the file ------------------------------------------------------------------------------------------------------


def edited(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the suite of finance with something replaced."""
    text = SUITE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "finance.py"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file but the ledger's, which the night's own connections still tidy up; a preview does not open it."""
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and not p.name.startswith("ledger.db")}


def test_an_edited_file_is_previewed_and_nothing_is_written(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(settings.root)
    monkeypatch.setattr(ledger, "open_ledger", None)
    found = preview_file(settings, edited(tmp_path, "<= 50000 *", "<= 35000 *"))
    assert [(c.rule, c.how, c.differs, c.failing_after) for c in found.changes] == [
        ("loan_cap", "changed", ("checks",), 1)
    ]
    assert [(t.county_code, t.would_be) for t in found.turned] == [(TIANZHEN, "quarantined")]
    assert contents(settings.root) == before


def test_an_unchanged_copy_says_that_nothing_differs(settings: Settings, tmp_path: Path) -> None:
    found = preview_file(settings, edited(tmp_path, "", ""))
    assert (found.returns, found.changes, found.turned) == (4, (), ())


def test_a_root_without_a_run_has_nothing_to_look_at(tmp_path: Path) -> None:
    root = tmp_path / "none"
    found = preview_file(Settings(root=root), edited(tmp_path, "<= 50000 *", "<= 35000 *"))
    assert (found.returns, found.periods, len(found.changes)) == (0, (), 1)
    assert not root.exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("RULES = (", "RULES = )", r"finance\.py:\d+: SyntaxError"),
        ("RULES = (", "RULES = 1 / 0 or (", r"finance\.py:\d+: ZeroDivisionError"),
        ("RULES = (", "SHULES = (", "RULES is to be a tuple of Rule"),
        ("RULES = (", 'RULES = ("loan_cap",', "RULES is to be a tuple of Rule"),
        ("import relation", "import relations", "relations"),
        ("50000 * loan_households", "50000 * loan_household", "loan_household, which neither"),
        ("<= 50000 * loan_households", "<= max(loan_households)", r"\^{20}"),
        ('"critical"', '"fatal"', "fatal"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_readably(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = SUITE.read_text(encoding="utf-8").replace(
        "in_set, relation", "in_set\nfrom expectations.language.rules import relation"
    )
    file = tmp_path / "finance.py"
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PermanentError, match=says):
        preview_file(Settings(root=tmp_path / "none"), file)


def test_a_file_of_no_dataset_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "finances.py"
    file.write_text("RULES = ()", encoding="utf-8")
    with pytest.raises(PermanentError, match="finances is no dataset"):
        load_edited(file, BOOK)
    with pytest.raises(PermanentError, match="not a Python file"):
        load_edited(tmp_path / "finance.txt", BOOK)
