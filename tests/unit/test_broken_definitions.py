"""A broken definition is an error that names it: each slip of BROKEN in a copy of the codebook."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from tests.builders import BOOK
from warehouse.codebook import load_codebook
from warehouse.codebook.load import HERE
from warehouse.messages.errors import CodebookError, PermanentError

LINES = {path.stem: path.read_text(encoding="utf-8").splitlines(keepends=True) for path in HERE.glob("*.csv")}


def broken(folder: Path, name: str, old: str, new: str) -> Path:
    """A copy of the codebook in which one text of one file is another."""
    copy = folder / "codebook"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = copy / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def line(name: str, start: str) -> str:
    """The line of a definition that starts so."""
    return next(found for found in LINES[name] if found.startswith(start))


def twice(name: str, start: str) -> tuple[str, str, str]:
    return name, line(name, start), 2 * line(name, start)


BROKEN = {  # file, its text, the text instead, what the error says
    "unit twice": (*twice("units", "yuan,"), "units.csv: yuan"),
    "group twice": (*twice("groups", "province,"), "groups.csv: province"),
    "division twice": (*twice("divisions", "140105,"), "divisions.csv: 140105"),
    "figure twice": (*twice("figures", "income_growth,"), "figures.csv: income_growth"),
    "check twice": (*twice("checks", "error_cell,"), "checks.csv: error_cell"),
    "spelling twice": (*twice("scales", "万元,"), "scales.csv: 万元"),
    "indicator twice": (
        *twice("indicators", "finance,relending_yuan,"),
        "finance: .*relending_yuan",
    ),
    "outlier bound twice": (*twice("outlier_bounds", "growth,*,noise,"), r"outlier_bounds.csv: growth \* noise"),
    "outlier bound of nothing": ("outlier_bounds", "growth,*,floor", "growth,stocks,floor", "about: unknown 'stocks'"),
    "outlier bound unknown": ("outlier_bounds", "growth,*,floor", "growth,*,roof", "parameter: unknown 'roof'"),
    "outlier bound missing": ("outlier_bounds", "growth,*,floor", "growth,stock,floor", "parameter: unknown 'floor'"),
    "outlier bound unfounded": (
        "outlier_bounds",
        "floor,0.05,A of Hidiroglou and Berthelot (1986) as they have it",
        "floor,0.05,",
        "how: ",
    ),
    "level size twice": (*twice("level_sizes", "ecology,*,"), "level_sizes.csv: ecology"),
    "level size of no dataset": (
        "level_sizes",
        "ecology,*,health",
        "ecology,*,wealth",
        "size_dataset: unknown 'wealth'",
    ),
    "level size of no column": ("level_sizes", "ecology,*,", "ecology,trees,", "column: unknown 'trees'"),
    "level size unknown": (
        "level_sizes",
        "ecology,*,health,registered_persons",
        "ecology,*,health,persons",
        "size: unknown 'persons'",
    ),
    "level size no number": (
        "level_sizes",
        "ecology,*,health,registered_persons",
        "ecology,*,relocation_villages,started_on",
        "started_on is no number",
    ),
    "dataset twice": (*twice("datasets", "finance,"), "datasets.csv: finance"),
    "mart column twice": (*twice("marts", "dim_rule,rule,"), "marts.csv, dim_rule.*: rule"),
    "label twice": ("indicators", "贷款余额,Loans", "小额信贷户数,Loans", "finance, label_zh: .*小额信贷户数"),
    "unknown unit": (
        "indicators",
        "Loans outstanding,yuan",
        "Loans outstanding,yen",
        "loan_balance_yuan: unknown unit",
    ),
    "unknown input unit": (
        "indicators",
        "Loans overdue,yuan,万元",
        "Loans overdue,yuan,两",
        "input_unit: unknown '两'",
    ),
    "input unit of another": (
        "indicators",
        "Loans overdue,yuan,万元",
        "Loans overdue,yuan,万人",
        "万人 is not a unit",
    ),
    "unit of a spelling": ("scales", "兆瓦,kilowatt", "兆瓦,megawatt", "scales.csv, 兆瓦.*megawatt"),
    "ratio summed": (
        "indicators",
        "ratio,weighted:poor_persons_closing/rural_population",
        "ratio,sum",
        "never summed",
    ),
    "key summed": ("indicators", "code,,key,none", "code,,key,sum", "never summed"),
    "key counted": ("indicators", "code,,key,none", "code,,key,count", "a key is not rolled up"),
    "date summed": (
        "indicators",
        "Date started,date,,stock,count",
        "Date started,date,,stock,sum",
        "never summed",
    ),
    "stock weighted": (
        "indicators",
        "Poor persons at the end of the period,person,,stock,sum",
        "Poor persons at the end of the period,person,,stock,weighted:rural_population",
        "only a ratio is weighted",
    ),
    "derived from nothing": (
        "indicators",
        "derived:income_per_capita/income_per_capita_prior_year",
        "derived",
        "names what it is derived from",
    ),
    "derived from what is averaged otherwise": (
        "indicators",
        "derived:income_per_capita/income_per_capita_prior_year",
        "derived:income_per_capita/poverty_headcount_ratio",
        "not averaged alike",
    ),
    "unknown roll-up": (
        "indicators",
        "Loans overdue,yuan,万元,stock,sum",
        "Loans overdue,yuan,万元,stock,mean",
        "roll_up",
    ),
    "unknown kind": (
        "indicators",
        "Loans overdue,yuan,万元,stock,",
        "Loans overdue,yuan,万元,stick,",
        "kind",
    ),
    "unknown weight": (
        "indicators",
        "ratio,weighted:rural_population,",
        "ratio,weighted:rural_people,",
        "rural_people",
    ),
    "indicator of an unknown dataset": (
        "indicators",
        "finance,loan_households",
        "finances,loan_households",
        "'finances'",
    ),
    "required where unknown": (
        "indicators",
        "where rural_population > 0",
        "where rural_people > 0",
        "rural_people",
    ),
    "code twice": (*twice("codes", "policy,status,issued,"), "policy.status: 'issued' is a name of two codes"),
    "a synonym of two codes": (
        "codes",
        "预摘帽|",
        "未退出|",
        "outcomes.delisting_status: '未退出' is a name of two codes",
    ),
    "a synonym in another form": ("codes", "预摘帽|", "预 摘帽|", "write '预摘帽'"),
    "codes of an unknown column": ("codes", "policy,status,issued", "policy,stage,issued", "'stage'"),
    "codes of a number": ("codes", "policy,status,issued", "training,trained_persons,issued", "not unit code"),
    "unknown group": (
        "datasets",
        "monthly,province,10,true,village_code",
        "monthly,county,10,true,village_code",
        "owed_by.*'county'",
    ),
    "unknown key": ("datasets", "true,village_code", "true,village", "keys.*'village'"),
    "unknown frequency": (
        "datasets",
        "finance,金融扶贫,Finance,monthly",
        "finance,金融扶贫,Finance,weekly",
        "frequency",
    ),
    "unknown successor": ("changes", "140202,140213|140214", "140202,140213|140299", "successor.*'140299'"),
    "a change of an unknown code": ("changes", "140624,", "140699,", "changes.csv, county_code: unknown '140699'"),
    "a code without a beginning": ("changes", "140624,140681,", "140624,140603,", "140681, in_force_from: blank"),
    "no day": ("changes", "2018-08-08", "2018-08-32", "changes.csv, 140624, effective_on"),
    "a day in words": ("changes", "2018-08-08", "8 August 2018", "changes.csv, 140624, effective_on"),
    "no beginning": (
        "divisions",
        "140105,小店区,140100,太原市,district,1997",
        "140105,小店区,140100,太原市,district,97",
        "in_force_from",
    ),
    "a beginning that is no year": (
        "divisions",
        "太原市,district,1997,none",
        "太原市,district,19x7,none",
        "140105, in_force_from",
    ),
    "an end before the beginning": ("changes", "2018-08-08", "1990", "140624, effective_on: it begins on 1993-01-01"),
    "an heir that is no more": ("changes", "140726,140703,", "140726,140703|140624,", "only .'140703',. are in force"),
    "figure of an unknown scope": (
        "figures",
        "2017-12,poverty_counties,outcomes,weighted",
        "2017-12,poor,outcomes,weighted",
        "scope.*'poor'",
    ),
    "figure of an unknown dataset": (
        "figures",
        "poverty_counties,outcomes,weighted",
        "poverty_counties,outcome,weighted",
        "dataset.*'outcome'",
    ),
    "figure of an unknown column": (
        "figures",
        "outcomes,weighted,income_per_capita,",
        "outcomes,weighted,income,",
        "column.*'income'",
    ),
    "figure that sums a ratio": (
        "figures",
        "outcomes,weighted,income_per_capita,",
        "outcomes,sum,income_per_capita,",
        "never summed",
    ),
    "not a number": (
        "figures",
        ",10.7,percent",
        ",many,percent",
        "figures.csv, income_growth, published",
    ),
    "document of an unknown indicator": (
        "documents",
        "policy,county_plan",
        "policy,plan",
        "documents.csv, county_plan_opinions, indicator.*'plan'",
    ),
    "document issued on no month": ("documents", ",2018-05,", ",2018-13,", "county_plan_opinions, issued"),
    "form due from no month": ("datasets", ",2018-01", ",2018-1", "datasets.csv, upskilling, due_from"),
    "synonym of an unknown dataset": (
        "synonyms",
        "finance,loan_households,信贷户数",
        "finances,loan_households,信贷户数",
        "finances.loan_households, 信贷户数: unknown dataset 'finances'.*take the line out",
    ),
    "synonym of an unknown column": (
        "synonyms",
        "finance,loan_households,信贷户数",
        "finance,loan_people,信贷户数",
        "finance.loan_people, 信贷户数: unknown column 'loan_people'.*take the line out",
    ),
    "synonym that is another's label": (
        "synonyms",
        "loan_households,信贷户数",
        "loan_households,贷款余额",
        "finance.loan_balance_yuan, 贷款余额: also a name of finance.loan_households.*take one",
    ),
    "synonym of two indicators": (
        "synonyms",
        "loan_households,信贷户数",
        "loan_households,五位一体",
        "finance.partnership_amount_yuan, 五位一体: also a name of finance.loan_households",
    ),
    "synonym twice": (
        *twice("synonyms", "finance,loan_households,信贷户数"),
        "finance.loan_households, 信贷户数: also a name of finance.loan_households",
    ),
    "synonym with full-width signs": ("synonyms", "乡(镇)", "乡（镇）", r"township, 乡（镇）: .*write '乡\(镇\)'"),
    "synonym with a blank": ("synonyms", "信贷户数", "信贷 户数", "write '信贷户数'"),
    "synonym with its unit": ("synonyms", "信贷户数", "信贷户数(户)", r"leave out '\(户\)'"),
    "synonym that says something else": ("synonyms", "所属乡镇", "备注", "township, 备注: about.csv .* for note"),
    "word twice": (*twice("words", "合计,"), "words.csv: 合计"),
    "word of unknown meaning": ("words", "没有,none,", "没有,nothing,", "words.csv, 没有, meaning"),
    "word in full-width signs": ("words", "N/A,", "Ｎ/A,", "words.csv, Ｎ/A: .*write 'N/A'"),
    "header beside twice": (*twice("about", "序号,"), "about.csv: 序号"),
    "header beside of unknown meaning": ("about", "序号,serial", "序号,number", "about.csv, 序号, column"),
    "header beside with a blank": ("about", "序号,", "序 号,", "about.csv, 序 号: .*write '序号'"),
    "a type marts lack": (
        "marts",
        "dim_county,county_code,text",
        "dim_county,county_code,words",
        "marts.csv.*dtype",
    ),
    "mart without a file": (
        "mart_list",
        "mart_quality,",
        "mart_qualities,",
        "mart_qualities: there is no .*qualities.py",
    ),
    "mart of no kind": ("mart_list", "mart_quality,", "quality,", "mart_list.csv, quality, mart"),
    "mart of a dataset listed": (
        "mart_list",
        "mart_quality,",
        "mart_finance,金融扶贫,Finance,finance,own,period,\nmart_quality,",
        "finance: brings mart_finance, a name that mart_list.csv",
    ),
    "mart twice": (*twice("mart_list", "mart_quality,"), "mart_list.csv: mart_quality"),
    "key that a mart has not": ("mart_list", "period|level|code|source", "period|origin", "keys: unknown 'origin'"),
    "mart made of an unknown dataset": ("mart_list", "finance|funds|", "finance|found|", "datasets: unknown 'found'"),
    "mart without columns": (
        "marts",
        "".join(found for found in LINES["marts"] if found.startswith("dim_rule,")),
        "",
        "marts.csv, dim_rule: has no columns",
    ),
    "shared columns left out": (
        "marts",
        "".join(found for found in LINES["marts"] if found.startswith("detail,")),
        "",
        "marts.csv, detail: has no",
    ),
    "columns of no mart": ("marts", "dim_rule,rule,", "dim_rules,rule,", "dim_rules: these columns are of no mart"),
    "columns of a mart that a dataset brings": (
        "marts",
        "dim_rule,rule,",
        "mart_finance,rule,",
        "mart_finance: these columns follow from its dataset",
    ),
    "dataset whose mart is called as another": (
        "datasets",
        "finance,金融扶贫,Finance",
        "changes,金融扶贫,Finance",
        "datasets.csv, changes: brings mart_changes.*another in dataset_marts.csv",
    ),
    "marts of two datasets of one name": (
        "dataset_marts",
        "mart_relocation_programme",
        "mart_finance",
        "brings mart_finance, a name .*another dataset.*dataset_marts.csv",
    ),
    "name of a mart that no dataset brings": (
        "dataset_marts",
        "relocation,programme",
        "relocation,detail",
        "relocation.detail: no dataset brings this mart",
    ),
    "dataset without indicators": (
        "datasets",
        "finance,金融扶贫",
        "nothing,空,Nothing,monthly,province,10,false,\nfinance,金融扶贫",
        "nothing: has no indicators",
    ),
    "dataset that cannot name a mart": (
        "datasets",
        "finance,金融扶贫",
        "Fi-nance,金融扶贫",
        "datasets.csv, Fi-nance, dataset",
    ),
    "form's column that leads back already": (
        "indicators",
        "policy,document,",
        "policy,sheet,",
        "policy.sheet: what tells whose .* has this name; give it another",
    ),
    "null or not, otherwise": (
        "marts",
        "dim_county,in_force_until,date,,yes",
        "dim_county,in_force_until,date,,perhaps",
        "marts.csv, dim_county.in_force_until, null",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_definition_is_an_error_that_names_it(
    tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    with pytest.raises(CodebookError) as caught:
        load_codebook(broken(tmp_path, name, old, new))
    assert re.search(said, str(caught.value)), str(caught.value)
    assert f"{name}.csv" in str(caught.value)


def test_persons_and_person_times_never_meet(tmp_path: Path) -> None:
    folder = broken(tmp_path, "groups", "province,全省", "province,全省")
    path = folder / "indicators.csv"
    times = [i for i in BOOK.datasets["training"].indicators if i.unit.unit in ("person", "person_time")]
    person = next(i.column for i in times if i.unit.unit == "person")
    person_time = next(i.column for i in times if i.unit.unit == "person_time")
    with path.open("a", encoding="utf-8", newline="") as lines:
        made = ("training", "share", "占比", "Share", "percent", "", "ratio", f"weighted:{person}/{person_time}")
        csv.writer(lines).writerow((*made, "false", "false"))
    with pytest.raises(CodebookError, match=r"training\.share.*persons and person-times never meet"):
        load_codebook(folder)


def test_an_untouched_copy_loads_and_is_equal(tmp_path: Path) -> None:
    assert load_codebook(broken(tmp_path, "units", "yuan,", "yuan,")).datasets == BOOK.datasets


def test_a_broken_definition_is_never_retried() -> None:
    assert issubclass(CodebookError, PermanentError)
