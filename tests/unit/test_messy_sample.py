"""The messy province: deterministic files in every habit, and a key with each clean return once."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath

import pytest
import xlrd
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from flows.cli.main import app
from warehouse.codebook import load
from warehouse.messages.errors import PermanentError
from warehouse.synthetic import build_returns, write_sample
from warehouse.synthetic.messy import HABITS, KEY_SUFFIX, Habit
from warehouse.synthetic.messy.archive import zip_bytes
from warehouse.synthetic.messy.style import Style

BOOK = load()
SEED = 7
BY_ID = {habit.habit: habit for habit in HABITS}
MARK = "SYNTHETIC"
Key = list[dict[str, str]]


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("messy") / "inbox"
    write_sample(out, SEED, messy=True)
    return out


@pytest.fixture(scope="module")
def key(province: Path) -> Key:
    with (province.parent / f"{province.name}{KEY_SUFFIX}").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def content(province: Path, name: str) -> bytes:
    """A file's bytes; a member's out of its archive."""
    archive, _, member = name.partition(".zip/")
    if not member:
        return (province / name).read_bytes()
    with zipfile.ZipFile(province / f"{archive}.zip", metadata_encoding="gbk") as opened:
        return opened.read(member)


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def first(key: Key, habit: str, dataset: str = "", suffix: str = "") -> dict[str, str]:
    """A line of the key with the habit."""
    return next(
        row for row in key if row["habit"] == habit and dataset in ("", row["dataset"]) and row["file"].endswith(suffix)
    )


# --- the whole -----------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    written = [
        write_sample(tmp_path / name, seed, messy=True, period="2017-11")
        for name, seed in (("one", SEED), ("again", SEED), ("other", 8))
    ]
    one, again, other = (
        {p.relative_to(w.out).as_posix(): p.read_bytes() for p in sorted(w.out.rglob("*")) if p.is_file()}
        for w in written
    )
    assert one == again
    assert one != other
    assert written[0].files == len(one)
    assert (written[0].counties, written[0].periods) == (119, ("2017-11",))
    keys = [(tmp_path / f"{name}{KEY_SUFFIX}").read_bytes() for name in ("one", "again")]
    assert keys[0] == keys[1]


def test_every_clean_return_is_in_the_key_once(key: Key) -> None:
    clean = {(r.county_code, r.period, r.dataset) for r in build_returns(SEED)}
    lines = [(row["county_code"], row["period"], row["dataset"]) for row in key]
    assert len(lines) == len(set(lines))
    assert set(lines) == clean


def test_the_key_names_every_file_and_only_files_that_are_there(province: Path, key: Key) -> None:
    files = set()
    for path in province.rglob("*"):
        name = path.relative_to(province).as_posix()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, metadata_encoding="gbk") as archive:
                files |= {f"{name}/{member}" for member in archive.namelist()}
        elif path.is_file():
            files.add(name)
    assert {row["file"] for row in key} == files


def test_every_habit_occurs_in_several_files(key: Key) -> None:
    files: dict[str, set[str]] = defaultdict(set)
    for row in key:
        files[row["habit"]].add(row["file"])
    assert set(files) == set(BY_ID)
    assert {habit: len(found) for habit, found in files.items() if len(found) < 3} == {}


def test_outcomes_and_rules_are_known_and_as_the_habit_says(key: Key) -> None:
    assert len(BY_ID) == len(HABITS)
    for habit in HABITS:
        assert (habit.outcome == "refused") == bool(habit.rule)
        assert not habit.rule or habit.rule in {*BOOK.checks, "known_county"}
        assert habit.label_zh
        assert habit.label_en
    for row in key:
        assert row["outcome"] in ("read", "refused")
        assert row["rule"] == (BY_ID[row["habit"]].rule if row["outcome"] == "refused" else "")
    refused = Counter(row["habit"] for row in key if row["outcome"] == "refused")
    assert set(refused) == {habit.habit for habit in HABITS if habit.outcome == "refused"}


def test_what_is_refused_stands_where_no_other_return_looks_at_it(key: Key) -> None:
    refused = [row for row in key if row["outcome"] == "refused"]
    assert {row["period"] for row in refused} == {"2018-06"}
    assert {row["dataset"] for row in refused} <= {"projects", "industry", "health", "ecology", "policy"}
    per_county = Counter(row["county_code"] for row in refused if row["habit"] != "name_alone")
    assert set(per_county.values()) == {1}


def written(name: str, style: Style) -> bool:
    """Whether a file is the habit's own and a text, whatever it is called."""
    return (style.text or style.format == "xml") and name.endswith(style.file_suffix)


def test_every_file_says_that_it_is_synthetic(province: Path, key: Key) -> None:
    for name, habit in {row["file"]: row["habit"] for row in key}.items():
        data = content(province, name)
        style = BY_ID[habit].style
        if written(name, style):
            assert MARK in data.decode(style.encoding), name
        elif habit != "encrypted_xls":
            cells = (str(cell) for rows in sheets(data).values() for row in rows for cell in row)
            assert any(MARK in cell for cell in cells), name


def test_files_have_chinese_names_in_several_styles(key: Key) -> None:
    names = {PurePosixPath(row["file"]).name for row in key}
    for style in (r"^\d{6}_\w+_\d{4}-\d\d\.", "脱贫攻坚报表", "扶贫月报[(]", "^【", "^附件2 ", "^关于报送", "上报"):
        assert any(re.search(style, name) for name in names), style


def test_faulty_and_messy_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="choose one"):
        write_sample(tmp_path / "x", SEED, faulty=True, messy=True)
    called = CliRunner().invoke(app, ["sample", "--out", str(tmp_path / "x"), "--faulty", "--messy"])
    assert called.exit_code == 2


def test_the_command_writes_it(tmp_path: Path) -> None:
    arguments = ["sample", "--out", str(tmp_path / "x"), "--messy", "--period", "2017-11", "--json"]
    said = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert said["key"] == str(tmp_path / f"x{KEY_SUFFIX}")
    assert said["counties"] == 119


# --- formats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("habit", "start", "separator"),
    [
        ("csv_utf8", "序号".encode(), ","),
        ("csv_bom", b"\xef\xbb\xbf", ","),
        ("csv_gb18030", b"20", ","),
        ("csv_utf16", b"\xff\xfe", ","),
        ("tsv", "序号".encode(), "\t"),
        ("txt_utf16_tabs", b"\xff\xfe", "\t"),
        ("csv_semicolons", "序号".encode(), ";"),
    ],
)
def test_text_files_have_their_encoding_and_separator(
    province: Path, key: Key, habit: str, start: bytes, separator: str
) -> None:
    row = first(key, habit, "funds") if habit == "csv_gb18030" else first(key, habit)
    data = content(province, row["file"])
    assert data.startswith(start)
    lines = list(csv.reader(data.decode(BY_ID[habit].style.encoding).splitlines(), delimiter=separator))
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) > 4


def test_gbk_names_in_an_archive_are_not_declared_as_utf8(province: Path, key: Key) -> None:
    archive = first(key, "zip_gbk")["file"].partition(".zip/")[0] + ".zip"
    with zipfile.ZipFile(province / archive) as opened:
        entries = opened.infolist()
    assert all(not entry.flag_bits & 0x800 for entry in entries)
    names = [entry.filename.encode("cp437").decode("gbk") for entry in entries]
    assert all("县" in name or "区" in name or "市" in name for name in names)
    assert {entry.date_time for entry in entries} == {(2018, 7, 1, 0, 0, 0)}


def test_utf8_names_in_an_archive_are_declared() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_bytes({"天镇县.csv": b"x"}))) as archive:
        assert archive.namelist() == ["天镇县.csv"]


def test_old_workbooks_are_biff8_and_an_encrypted_one_asks_for_its_password(province: Path, key: Key) -> None:
    book = xlrd.open_workbook(file_contents=content(province, first(key, "xls")["file"]))
    assert (book.biff_version, book.sheet_names()[0]) == (80, "封面")
    with pytest.raises(xlrd.XLRDError, match="encrypted"):
        xlrd.open_workbook(file_contents=content(province, first(key, "encrypted_xls")["file"]))
    wps = first(key, "et_file")["file"]
    assert wps.endswith(".et")
    assert content(province, wps)[:4] == b"\xd0\xcf\x11\xe0"


def test_open_documents_hold_what_the_workbooks_hold(province: Path, key: Key) -> None:
    row = first(key, "ods", "funds")
    data = content(province, row["file"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
    header, values = sheets(data)["扶贫资金"]
    found = next(
        r for r in build_returns(SEED) if (r.county_code, r.period, r.dataset) == (row["county_code"], row["period"],
"funds")
    )  # fmt: skip
    assert header == [i.header_zh for i in BOOK.datasets["funds"].indicators]
    assert [Decimal(repr(cell)) * 10_000 for cell in values] == list(found.rows[0].values())


def test_days_count_from_1904_where_the_habit_says_so(province: Path, key: Key) -> None:
    for habit in ("epoch_1904", "epoch_1904_xls"):
        row = first(key, habit, "relocation_villages")
        data = content(province, row["file"])
        if habit == "epoch_1904":
            assert load_workbook(io.BytesIO(data)).epoch == datetime(1904, 1, 1)  # noqa: DTZ001
        else:
            assert xlrd.open_workbook(file_contents=data).datemode == 1


def test_formulas_have_their_values_but_for_the_one_to_be_refused(province: Path, key: Key) -> None:
    formulas = first(key, "formulas", "funds")
    data = io.BytesIO(content(province, formulas["file"]))
    written, kept = (load_workbook(data, data_only=only)["扶贫资金"]["A2"].value for only in (False, True))
    assert re.fullmatch(r"=[\d.]+\+[\d.]+", str(written))
    assert isinstance(kept, int | float)
    lost = next(row for row in key if row["habit"] == "formula_without_value" and row["outcome"] == "refused")
    data = io.BytesIO(content(province, lost["file"]))
    assert not load_workbook(data, data_only=True)[lost["sheet"]][lost["cell"]].value


def test_hidden_rows_are_hidden(province: Path, key: Key) -> None:
    hidden = []
    for row in key:
        if (row["habit"], row["dataset"]) == ("hidden_rows", "relocation_villages") and row["file"].endswith(".xlsx"):
            sheet = load_workbook(io.BytesIO(content(province, row["file"])))["搬迁自然村名册"]
            hidden += [number for number, line in sheet.row_dimensions.items() if line.hidden]
    assert hidden


# --- damage --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("habit", "holds"),
    [
        ("error_cell", r"#REF!"),
        ("unknown_column", r"其他情况\(待定\)"),
        ("words_for_numbers", r"约[\d.]+左右"),
        ("money_without_unit", r"[^()]+"),
        ("digits_lost", r"[\d.]+\d{5}"),
        ("wan_below_wan", r"[\d.]+万"),
        ("month_for_day", r"2018年3月"),
        ("code_name_disagree", r"\w+[县区市]"),
        ("name_alone", r"[城矿郊]区"),
        ("code_not_in_force", r"14\d{4}"),
    ],
)
def test_the_key_says_which_cell_is_to_blame(province: Path, key: Key, habit: str, holds: str) -> None:
    blamed = [row for row in key if row["habit"] == habit and row["outcome"] == "refused"]
    for row in blamed:
        if row["file"].endswith(".xlsx"):
            book = load_workbook(io.BytesIO(content(province, row["file"])), data_only=True)
            assert re.fullmatch(holds, str(book[row["sheet"]][row["cell"]].value)), row
    assert blamed


def test_a_file_refused_whole_has_one_return_and_the_others_come_beside_it(key: Key) -> None:
    for habit in (habit for habit in HABITS if habit.apart):
        for row in (row for row in key if row["habit"] == habit.habit):
            assert [other for other in key if other["file"] == row["file"]] == [row]
            beside = [r for r in key if (r["county_code"], r["period"]) == (row["county_code"], row["period"])]
            assert {r["habit"] for r in beside} >= {habit.habit, "plain"}


# --- bundles, habits --------------------------------------------------------------------------------------------------


def test_a_bundle_has_a_row_a_county_and_a_total_that_is_their_sum(province: Path, key: Key) -> None:
    row = first(key, "bundle", "projects")
    header, *lines = sheets(content(province, row["file"]))["项目建设"]
    counties, (total,) = lines[:-1], lines[-1:]
    assert header[:3] == ["序号", "区划代码", "县(市、区)"]
    assert len(counties) == len([r for r in key if r["file"] == row["file"] and r["dataset"] == "projects"])
    assert total[2] == "合计"
    indicators = BOOK.datasets["projects"].indicators
    assert len(header) == 3 + len(indicators)
    for place, indicator in enumerate(indicators, start=3):
        given = [line[place] for line in counties if line[place] != ""]
        summed = given and indicator.roll_up.how == "sum"
        assert total[place] == (pytest.approx(sum(given)) if summed else "")


def test_habits_are_data() -> None:
    assert all(isinstance(habit, Habit) for habit in HABITS)
    assert len({habit.label_en for habit in HABITS}) == len(HABITS)
    assert len({habit.label_zh for habit in HABITS}) == len(HABITS)
