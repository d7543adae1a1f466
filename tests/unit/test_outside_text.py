"""A night in which every text is hostile, and all that is then said of it: on terminals, pages, in tables, the log."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.main import app, main
from tests.builders import BOOK, TIANZHEN, YANGGAO, cover, finance, loans, night, page, send, sheet, village, write_book
from tests.decision_requests import decide
from tests.oracles import READERS, elements, hidden, moves, runs, tokens
from tests.sharing import Fill
from warehouse.messages.errors import PermanentError
from warehouse.reports.run_summary import summarise
from warehouse.store import journal
from warehouse.store.decision_requests import DecisionRequest
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")
FORGED = "FORGED line of 2018-07-05"
HOSTILE = (
    "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m",
    "\u202egnp.exe\u2066\u200b\u200f",
    "<script>document.title='x'</script><img src=x onerror=alert(1)>{{7*7}}{%x%}",
    "[click](http://127.0.0.1:9/evil) ![p](x) **bold** ~~s~~ http://127.0.0.1:9/auto www.a.cn | a &#60;b&#62; `c`",
    f"line\n{FORGED}",
    "\u200b=1+1",
    "﹢1",
    "[red]x[/] :smile:",
)


def hostile_night(root: Root, inbox: Path) -> None:
    """Hostile names of files, folders, sheets and members, headers, cells, explanations, a reason, a person."""
    form = BOOK.datasets["relocation_villages"]
    villages = [village(f"{YANGGAO}{n:06}", date(2017, 5, 1), date(2016, 1, 1)) for n in range(len(HOSTILE))]
    with (inbox / "140221_2017-12_relocation_villages.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["区划代码", "报告期", *(i.header_zh for i in form.indicators), HOSTILE[3]])
        for text, one in zip(HOSTILE, villages, strict=True):
            told = one | {"village_name": text, "township": text}
            writer.writerow([YANGGAO, "2017-12", *(told[c] for c in form.columns), text])
    with zipfile.ZipFile(inbox / "a.zip", "w") as made:
        for n, text in enumerate(HOSTILE):
            name = f"{n}{text.replace('/', '~')}.csv"
            made.writestr(name, f"{text}\n1\n")
            (inbox / f"{n}.{name}").write_text(f"{text},a\n1,2\n", encoding="utf-8")
    for n, text in enumerate(HOSTILE[2:5]):
        title = "".join(c for c in text if c not in "[]:*?/\\\n")[:20]
        wrong = [["区划代码", "报告期", "贷款户数(户)", text], [TIANZHEN, "2017-12", text, 1]]
        write_book(inbox / f"t{n}.xlsx", {f"{title}金融扶贫": wrong})
    explained = finance(999_000_000, 1, loan_balance_yuan=1)
    notes = [["报表", "指标", "规则", "说明"], *(["finance", None, None, text] for text in HOSTILE[1:])]
    write_book(inbox / "n.xlsx", {"封面": cover(), "金融扶贫": sheet("finance", explained), "填报说明": notes})
    send(inbox / HOSTILE[1], loans(finance(1000), county=TIANZHEN))
    night(root, inbox)
    decide(root, "withdraw", county_code=TIANZHEN, reason=" ".join(HOSTILE), by=HOSTILE[0])


@pytest.fixture
def hostile(filled_by: Callable[[Fill], Root], monkeypatch: pytest.MonkeyPatch) -> Root:
    root = filled_by(hostile_night)
    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    monkeypatch.setenv("COLUMNS", "3000")
    return root


def shown(*words: object) -> str:
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


def test_nothing_that_a_command_says_moves_a_terminal_or_forges_a_line(hostile: Root) -> None:
    entries = [journal.read_entry(hostile, run) for run in journal.runs(hostile)]
    receipts = {one.receipt.file.rpartition("/")[2]: one.receipt.receipt for e in entries for one in e.receipts}
    files = [name for name in receipts if name.endswith((".xlsx", ".zip")) or name.startswith(("140221", "0.0", "4.4"))]
    commands: list[tuple[object, ...]] = [("status",), ("verify",), ("marts", "diff")]
    commands += [("explain", "submission", receipts[name], "--all") for name in files]
    commands += [("explain", "mart_finance", "loan_amount_yuan", "--period", "2017-12", "--county", code, "--all")
                 for code in (YANGGAO, TIANZHEN)]  # fmt: skip
    said = ""
    for command in commands:
        text = shown(*command)
        assert moves(text) == set(), command
        assert not any(line.lstrip().startswith("FORGED") for line in text.splitlines()), command
        said += text
    for command in (commands[-1], ("explain", "submission", receipts["n.xlsx"]), ("status",)):
        machine = shown(*command, "--json")
        assert hidden(machine) == set(), command
        assert json.loads(machine)
    for part in ("click", "script", "title", "red", FORGED.split()[1]):
        assert part in said, "the texts are shown, only encoded"


def test_the_reports_of_the_night_have_no_markup_of_it(hostile: Root) -> None:
    entry = journal.read_entry(hostile, "000001")
    assert len(entry.all_findings) > len(HOSTILE)
    for report in sorted(hostile.reports.iterdir()):
        text = (report / "findings.md").read_text(encoding="utf-8")
        assert hidden(text) == set(), report
        for reader in READERS:
            kinds = {one.type.removesuffix("_open").removesuffix("_close") for one in tokens(reader, text)}
            assert kinds <= {"heading", "inline", "text", "text_special", "table", "thead", "tbody", "tr", "th", "td",
                             "paragraph", "bullet_list", "list_item", "strong", "code_inline", "hardbreak", "softbreak"
                             }, report  # fmt: skip
            codes = {one.content for one in tokens(reader, text) if one.type == "code_inline"}
            assert codes <= {finding.rule for finding in journal.read_entry(hostile, report.name).all_findings}
        with (report / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert [cell for cell in cells if runs(cell)] == []
        assert hidden("".join(cells)) <= {"\t", "\r"}
    summary = page(summarise(entry, None))
    assert hidden(summary) == set()
    assert {one.type for one in tokens(READERS[1], summary)}.isdisjoint({"link_open", "image", "html_inline"})


def test_no_page_has_an_element_that_a_county_wrote(hostile: Root) -> None:
    documents = sorted(hostile.reports.rglob("docs/*.html"))
    assert documents
    for document in documents:
        text = document.read_text(encoding="utf-8")
        assert hidden(text) == set(), document
        found = elements(text)
        assert {tag for tag, _ in found}.isdisjoint({"script", "img"}), document
        assert {name for _, names in found for name in names} <= {
            "lang", "charset", "name", "content", "href", "class", "DOCTYPE html"
        }, document  # fmt: skip


def test_what_is_kept_stays_as_it_was_sent(hostile: Root) -> None:
    decided = [d for run in journal.runs(hostile) for d in journal.read_entry(hostile, run).decisions if d.reason]
    assert {d.reason for d in decided} >= {" ".join(HOSTILE)}


@pytest.mark.parametrize("field", ["reason", "by"])
def test_what_could_not_be_written_down_is_refused(field: str) -> None:
    told = {"county_code": YANGGAO, "period": "2017-12", "dataset": "finance", "reason": "a"}
    with pytest.raises(PermanentError, match="no UTF-8"):
        DecisionRequest.model_validate(told | {field: "a\udcff"})


@pytest.mark.parametrize(
    "words",
    [("status", "\x1b[31m\u202e"), ("explain", "submission", "a\nFORGED"), ("submit", "/none\x1b]0;t\x07"),
     ("template", "--county", "\udcff\u202e", "--period", "2018-06")],
)  # fmt: skip
def test_an_argument_is_quoted_without_harm(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["xianbao", *words])
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "\u202e[red]"))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {1, 2}
    said = capsys.readouterr()
    assert said.err
    assert moves(said.out + said.err) == set()
    assert not any(line.startswith("FORGED") for line in said.err.splitlines())


def test_an_error_that_nobody_foresaw_is_shown_without_harm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("\x1b[2J\u202e")

    monkeypatch.setattr("flows.cli.main.app", fail)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "ZeroDivisionError" in said
    assert moves(said) == set()
