"""A whole province: the clean one is found clean, its faulty twin is found exactly, fault by fault and cell by cell."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from expectations.suites import returns, rules_for
from tests.builders import BOOK, apart, mart, marts, night
from tests.named_codes import unnamed
from tests.plain_marts import Programme
from tests.plain_rules import OUTLIERS
from warehouse.store.files import Root
from warehouse.synthetic import PERIODS, Return, build_returns, write_sample

SEED = 11
Place = tuple[str, str, str]  # county, period, dataset


@dataclass(frozen=True)
class Province:
    """A synthetic province after one night, in a root of its own."""

    inbox: Path
    root: Root

    @property
    def key(self) -> list[dict[str, str]]:
        """What was planted."""
        with self.inbox.with_name(f"{self.inbox.name}.faults.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))


def run_through(folder: Path, faulty: bool) -> None:  # noqa: FBT001
    write_sample(folder / "inbox", SEED, faulty=faulty)
    night(Root(folder / "root"), folder / "inbox")


@pytest.fixture(scope="module")
def provinces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Province]:
    """The clean province and its faulty twin, a night each, side by side."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("clean", "faulty")}
    runs = [apart(run_through, folder, name == "faulty") for name, folder in folders.items()]
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    return {name: Province(folder / "inbox", Root(folder / "root")) for name, folder in folders.items()}


@pytest.fixture(scope="module")
def clean(provinces: dict[str, Province]) -> Province:
    return provinces["clean"]


@pytest.fixture(scope="module")
def faulty(provinces: dict[str, Province]) -> Province:
    return provinces["faulty"]


@pytest.fixture(scope="module")
def returns_sent() -> tuple[Return, ...]:
    """What the clean province sent."""
    return build_returns(SEED)


# --- clean ---------------------------------------------------------------------------------------------------------


def test_in_a_clean_province_nothing_is_quarantined_and_next_to_nothing_queried(clean: Province) -> None:
    """Of true numbers one in 300 may lie far from past and peers, and none breaks another rule."""
    findings = mart(clean.root, "mart_findings")
    assert set(findings["rule"]) <= OUTLIERS
    cells = mart(clean.root, "mart_quality").filter(rule="growth_outlier")
    assert findings.height <= 0.003 * cells.select(pl.sum("passed", "failed", "not_evaluated")).sum_horizontal().item()
    came = mart(clean.root, "mart_completeness").filter("received")
    assert set(came["verdict"]) <= {"accepted", "accepted_with_queries"}
    assert not list(clean.root.quarantine.rglob("*.parquet"))


def test_every_code_in_the_marts_has_its_name(provinces: dict[str, Province]) -> None:
    assert {name: unnamed(marts(one.root)) for name, one in provinces.items()} == {"clean": set(), "faulty": set()}


def test_a_clean_province_is_complete(clean: Province) -> None:
    completeness = mart(clean.root, "mart_completeness")
    assert completeness.filter(~pl.col("due")).is_empty()
    assert completeness.filter(~pl.col("received")).is_empty()


def test_every_published_figure_holds_in_a_clean_province(clean: Province) -> None:
    card = mart(clean.root, "mart_scorecard")
    assert card.height == len(BOOK.figures)
    assert card["state"].unique().to_list() == ["holds"]
    assert card.filter(pl.col("counties_due") != pl.col("counties_counted")).is_empty()
    assert card.filter(pl.col("numerator_due") != pl.col("numerator_counted")).is_empty()
    assert card.filter(pl.col("base_due") != pl.col("base_counted")).is_empty()
    assert card["complete"].all()
    assert not card["partial"].any()


def test_the_summary_and_the_register_agree_at_every_level(clean: Province) -> None:
    relocation = mart(clean.root, "mart_relocation")
    summary, register = (relocation.filter(source=s).drop("source") for s in ("summary", "register"))
    assert summary.equals(register)
    (province,) = summary.filter(period="2017-12", level="province").rows(named=True)
    assert [province[f"villages_{step}"] for step in ("planned", "started", "completed", "demolished")] == [
        3350, 2487, 884, 381,
    ]  # fmt: skip


def test_levels_add_up_in_a_clean_province(clean: Province) -> None:
    by_level = (
        mart(clean.root, "mart_relocation").group_by("period", "source", "level").agg(pl.col("villages_started").sum())
    )
    for level in ("county", "prefecture"):
        other = by_level.filter(level=level).drop("level").sort("period", "source")
        assert other.equals(by_level.filter(level="province").drop("level").sort("period", "source"))


ROUNDED = Fraction(2, 10**6)  # the difference of two figures of six digits
MARTS = {mart.datasets[0]: mart.mart for mart in BOOK.mart_list.values() if mart.periods == "compared"}
PROGRAMMES = sorted(n for n, d in BOOK.datasets.items() if d.one_row)


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_programmes_mart_is_what_plain_sums_over_the_returns_give(
    clean: Province, returns_sent: tuple[Return, ...], name: str
) -> None:
    plain = Programme(name, returns_sent)
    wanted = {place: line for period in plain.periods for place, line in plain.lines(period)}
    rolled = pl.col("indicator").is_in([i.column for i in plain.dataset.indicators if i.roll_up.how != "none"])
    rows = mart(clean.root, MARTS[name]).filter(rolled, ~pl.col("indicator").str.contains("=")).rows(named=True)
    found = {(r["period"], r["level"], r["code"], r["indicator"]): r for r in rows}
    assert found.keys() == wanted.keys()
    for place, line in wanted.items():
        exact = plain.dataset[place[3]].roll_up.how == "sum"
        for column, value in line.items():
            given = found[place][column]
            assert (given is None) is (value is None), (place, column, given, value)
            within = 0 if exact and "percent" not in column else ROUNDED
            assert value is None or abs(Fraction(given) - value) <= within, (
                place,
                column,
            )


@pytest.mark.parametrize("name", ["relocation_villages", "support_units"])
def test_rows_of_a_county_are_added_up(clean: Province, returns_sent: tuple[Return, ...], name: str) -> None:
    summed = [i.column for i in BOOK.datasets[name].indicators if i.numeric and i.roll_up.how == "sum"]
    plain: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for sent in (r for r in returns_sent if r.dataset == name):
        for column in summed:
            plain[sent.period, column] += sum(Fraction(str(row[column] or 0)) for row in sent.rows)
    found = mart(clean.root, MARTS[name]).filter(level="province")
    assert {(r["period"], r["indicator"]): Fraction(r["value"]) for r in found.rows(named=True)} == dict(plain)


def test_counts_by_state_are_those_of_the_returns(clean: Province, returns_sent: tuple[Return, ...]) -> None:
    for name, column in (("outcomes", "delisting_status"), ("policy", "status")):
        rows = [(r.period, row[column]) for r in returns_sent if r.dataset == name for row in r.rows]
        found = mart(clean.root, f"mart_{name}").filter(pl.col("indicator").str.starts_with(f"{column}="))
        counts = found.filter(level="province").select("period", "indicator", "value").rows()
        assert {(p, i.split("=")[1]): int(n) for p, i, n in counts if n} == Counter(rows)


def test_the_scorecard_and_the_programmes_say_the_same(clean: Province) -> None:
    card = mart(clean.root, "mart_scorecard").filter(pl.col("scope").is_in([*BOOK.groups]))
    values = dict(card.select("figure", "value").iter_rows())
    compared = 0
    for figure in BOOK.figures:
        if figure.aggregate in ("sum", "weighted") and figure.dataset in PROGRAMMES and not figure.where:
            line = mart(clean.root, MARTS[figure.dataset]).filter(
                period=figure.period, level=figure.scope, indicator=figure.column
            )
            assert line["value"].item() == values[figure.figure]
            compared += 1
    assert compared >= 20
    shares = mart(clean.root, "mart_deep_poverty_share")
    for figure in BOOK.figures:
        if figure.aggregate == "share":
            row = shares.filter(period=figure.period, indicator=figure.column)
            assert row["share"].item() == values[figure.figure]
    growth = mart(clean.root, "mart_outcomes").filter(
        period="2017-12", level="poverty_counties", indicator="income_growth"
    )
    assert growth["value"].item() == values["income_growth"]


def test_a_clean_province_is_counted_whole_and_nobody_is_missing_or_chased(clean: Province) -> None:
    assert not mart(clean.root, "mart_completeness")["missing"].any()
    assert mart(clean.root, "mart_to_chase").is_empty()
    shares = mart(clean.root, "mart_deep_poverty_share")
    assert shares.filter(pl.col("denominator_due") != pl.col("denominator_counted")).is_empty()
    for name in (*MARTS.values(), "mart_deep_poverty_share", "mart_relocation"):
        assert mart(clean.root, name)["complete"].all(), name
    income = mart(clean.root, "mart_outcomes").filter(
        pl.col("indicator").str.starts_with("income"), period="2017-12", level="province"
    )
    asked = income.filter(pl.col("indicator") != "income_property")  # which some leave blank
    assert asked.select("counties_due", "counties_counted").unique().rows() == [(118, 118)], "nobody farms in 矿区"
    for name in PROGRAMMES:
        required = [i.column for i in BOOK.datasets[name].indicators if i.required == "true"]
        lines = mart(clean.root, MARTS[name]).filter(pl.col("indicator").is_in(required))
        assert lines.filter(pl.col("counties_due") != pl.col("counties_counted")).is_empty()


def state(root: Root) -> dict[str, int]:
    """Every file that lasts with its time of writing; scratch, lock, ledger and what heals at each run left out."""
    healed = (".lock", "marts.duckdb", "ledger.db", "ledger.db-wal", "ledger.db-shm")
    lasting = (p for p in root.path.rglob("*") if root.work not in p.parents and p.name not in healed)
    files = [p for p in lasting if p.is_file() and not p.is_symlink()]
    return {p.relative_to(root.path).as_posix(): p.stat().st_mtime_ns for p in files}


def test_a_second_run_over_the_same_inbox_finds_nothing_new_and_writes_nothing(clean: Province) -> None:
    before = state(clean.root)
    summary = night(clean.root, clean.inbox)
    assert (summary.run, summary.version, summary.files) == (None, None, 0)
    assert state(clean.root) == before


# --- faulty --------------------------------------------------------------------------------------------------------


def planted(province: Province) -> Iterator[tuple[Place, set[str], set[str]]]:
    """Each return of the key with all rules that it breaks, and the planted cells."""
    rows: dict[Place, tuple[set[str], set[str]]] = {}
    for row in province.key:
        rules, cells = rows.setdefault((row["county_code"], row["period"], row["dataset"]), (set(), set()))
        rules |= set(row["rules"].split(";"))
        cells |= set(row["cells"].split(";"))
    for place, (rules, cells) in rows.items():
        yield place, rules, cells


def found(province: Province) -> dict[Place, set[str]]:
    rows: dict[Place, set[str]] = {}
    for row in mart(province.root, "mart_findings").rows(named=True):
        rows.setdefault((row["county_code"], row["period"], row["dataset"]), set()).add(row["rule"])
    return rows


def not_counted(province: Province) -> set[str]:
    """Rules of severity info, which are counted and give no findings."""
    return set(mart(province.root, "dim_rule").filter(severity="info")["rule"])


def test_the_faulty_twin_is_found_exactly(faulty: Province) -> None:
    counted = not_counted(faulty)
    wanted = {place: rules - counted for place, rules, _ in planted(faulty) if rules - counted}
    exact = {place: rules - OUTLIERS for place, rules in wanted.items() if rules - OUTLIERS}
    assert {place: rules - OUTLIERS for place, rules in found(faulty).items() if rules - OUTLIERS} == exact
    # What is planted is often far from past and peers besides.
    assert all(rules & OUTLIERS <= found(faulty).get(place, set()) for place, rules in wanted.items())


def test_every_rule_is_planted_and_found(faulty: Province) -> None:
    """Of the rules about rows and returns; those of reading are for files that the sample does not have."""
    rules = {rule.rule for d in BOOK.datasets.values() for p in PERIODS for rule in rules_for(d, p)}
    rules |= {rule.rule for p in PERIODS for rule in returns.rules(BOOK, p)}
    assert {rule for _, broken, _ in planted(faulty) for rule in broken} == rules | {"partner_missing"}
    assert {rule for broken in found(faulty).values() for rule in broken} == rules - not_counted(faulty) | {
        "partner_missing"
    }


# Of two rows that are the same, each is found; the key names the second.
DOUBLED = {"key_unique", "village_unique", "unit_once", "measure_once"}


def test_every_finding_points_at_a_planted_cell(faulty: Province) -> None:
    cells = {place: where for place, _, where in planted(faulty)}
    pointed: dict[tuple[Place, str], set[str]] = {}
    for row in mart(faulty.root, "mart_findings").filter(~pl.col("rule").is_in(OUTLIERS)).rows(named=True):
        place = (row["county_code"], row["period"], row["dataset"])
        own = set(row["cells"].split(";"))
        assert row["cell"] == row["cells"].split(";")[0]
        assert own & cells[place] or row["rule"] in DOUBLED, row["message_en"]
        pointed.setdefault((place, row["rule"]), set()).update(own)
    assert all(own & cells[place] for (place, _), own in pointed.items())


def test_every_finding_says_itself_whole(faulty: Province) -> None:
    sheets = {(row["county_code"], row["period"], row["dataset"]): row for row in faulty.key}
    for row in mart(faulty.root, "mart_findings").rows(named=True):
        key = sheets.get((row["county_code"], row["period"], row["dataset"]))
        assert key is None or (row["file"], row["sheet"]) == (key["file"], key["sheet"])
        where = row["cells"] or row["sheet"]
        assert where in row["message_zh"].replace(",", ";")
        assert where in row["message_en"].replace(",", ";")
        assert row["found"]
        assert row["expected"]


def test_verdicts_follow_the_gravest_finding(faulty: Province) -> None:
    findings = mart(faulty.root, "mart_findings")
    place = ["county_code", "period", "dataset"]
    critical = set(findings.filter(severity="critical").select(place).unique().iter_rows())
    queries = findings.filter(pl.col("explanation").is_null(), severity="warning")
    queried = set(queries.select(place).unique().iter_rows()) - critical
    came = mart(faulty.root, "mart_completeness").filter("received")
    for verdict, wanted in (("quarantined", critical), ("accepted_with_queries", queried)):
        assert set(came.filter(verdict=verdict).select(place).iter_rows()) == wanted, verdict


def test_queries_that_the_county_explains_do_not_stand_open(faulty: Province) -> None:
    wanted = {(row["county_code"], row["rule"], row["explanation"]) for row in faulty.key if row["explanation"]}
    findings = mart(faulty.root, "mart_findings").filter(pl.col("explanation").is_not_null())
    # Who answers one query answers those about the same cell.
    findings = findings.filter(~pl.col("rule").is_in(OUTLIERS))
    assert set(findings.select("county_code", "rule", "explanation").iter_rows()) == wanted
    assert wanted
    quality = mart(faulty.root, "mart_quality").filter(pl.col("explained") > 0, ~pl.col("rule").is_in(OUTLIERS))
    assert set(quality.select("county_code", "rule").iter_rows()) == {place[:2] for place in wanted}
    assert quality["failed"].sum() == 0


def test_info_rules_are_counted_and_give_no_findings(faulty: Province) -> None:
    counted = not_counted(faulty)
    quality = mart(faulty.root, "mart_quality")
    failed = quality.filter(pl.col("rule").is_in(counted), pl.col("failed") > 0)
    wanted = {(place, rule) for place, rules, _ in planted(faulty) for rule in rules & counted}
    places = set(failed.select("county_code", "period", "dataset").iter_rows())
    assert {place for place, _ in wanted} <= places
    assert mart(faulty.root, "mart_findings").filter(pl.col("rule").is_in(counted)).is_empty()


def test_quality_counts_every_check_of_every_row_once(faulty: Province) -> None:
    quality = mart(faulty.root, "mart_quality")
    assert quality.select("period", "dataset", "county_code", "rule").is_duplicated().sum() == 0
    assert quality.select(pl.min_horizontal("passed", "failed", "not_evaluated", "explained").min()).item() >= 0
    findings = mart(faulty.root, "mart_findings").filter(pl.col("rule") != "partner_missing")
    by_rule = findings.group_by("period", "dataset", "county_code", "rule").agg(n=pl.len().cast(pl.Int64))
    open_or_not = quality.with_columns(n=pl.col("failed") + pl.col("explained"))
    failed = open_or_not.filter(pl.col("n") > 0, ~pl.col("rule").is_in(not_counted(faulty)))
    same = failed.select("period", "dataset", "county_code", "rule", "n").sort(pl.all())
    assert same.equals(by_rule.sort(pl.all()))


def test_what_is_quarantined_is_in_no_figure(faulty: Province) -> None:
    quarantined = mart(faulty.root, "mart_completeness").filter(verdict="quarantined")
    facts = mart(faulty.root, "fact_indicator")
    assert facts.join(quarantined, on=["period", "dataset", "county_code"]).is_empty()


def test_what_is_quarantined_is_counted_in_no_line_and_chased(faulty: Province) -> None:
    came = mart(faulty.root, "mart_completeness").filter(verdict="quarantined")
    for name in PROGRAMMES:
        counties = mart(faulty.root, MARTS[name]).filter(level="county").rename({"code": "county_code"})
        own = counties.join(came.filter(dataset=name), on=["period", "county_code"])
        assert own["value"].is_null().all()
        assert (own["counties_counted"] == 0).all()
    chased = mart(faulty.root, "mart_to_chase").filter(pl.col("quarantined") > 0)
    assert set(chased.select("period", "county_code").iter_rows()) == set(
        came.select("period", "county_code").iter_rows()
    )


def test_rows_in_are_rows_accepted_or_quarantined(faulty: Province) -> None:
    kept = 0
    for dataset in BOOK.datasets:
        for folder in (faulty.root.history, faulty.root.quarantine):
            paths = list(folder.glob(f"{dataset}/*/*.parquet"))
            kept += sum(pl.scan_parquet(p).select(pl.len()).collect().item() for p in paths)
    reading = sum(pl.read_ipc(p).height for p in faulty.root.work.glob("*/read/*.arrow") if p.stem in BOOK.datasets)
    assert kept == reading > 0
