"""Folders of the inbox that are a county's or a prefecture's: who may send from where."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from flows.settings import load_settings
from tests.builders import NO_WAIT, finance, loans, night, receipt_of, receive, send
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.ownership.inbox_folders import checked_folders, owner_of, owns
from warehouse.intake.submission import read_submission
from warehouse.messages.errors import PermanentError
from warehouse.store.files import Root
from warehouse.store.inbox import new_files

pytestmark = pytest.mark.usefixtures("few_marts")

FOLDERS = {"datong": "140200", "datong/tianzhen": "140222"}


@pytest.mark.parametrize(
    ("name", "owner"),
    [("datong/a.xlsx", "140200"), ("datong/tianzhen/x/a.xlsx", "140222"), ("datong/tianzhen/a.zip/b.xlsx", "140222"),
     ("a.xlsx", None), ("datong2/a.xlsx", None), ("datong", None)],
)  # fmt: skip
def test_a_file_belongs_to_the_nearest_folder_that_is_set(name: str, owner: str | None) -> None:
    assert owner_of(FOLDERS, name.encode()) == owner


DEEP = f"{'x' * 190}/{'y' * 190}"


@pytest.mark.parametrize("below", [DEEP, f"a\u202eb/{DEEP}", f"\udcff/{DEEP}", "a\nb"])
@pytest.mark.parametrize("archive", [False, True])
def test_a_long_or_odd_path_leads_out_of_no_folder(root: Root, inbox: Path, below: str, archive: bool) -> None:  # noqa: FBT001
    """The label of such a file begins somewhere below the folder; the folder is told by the bytes of its path."""
    folder = inbox / "datong" / "tianzhen" / below
    folder.mkdir(parents=True)
    data = next(send(inbox.parent / "made", loans(finance())).rglob("*.xlsx")).read_bytes()
    if archive:
        with zipfile.ZipFile(folder / "a.zip", "w") as packed:
            packed.writestr("a.xlsx", data)
    else:
        (folder / "a.xlsx").write_bytes(data)
    receipts = receive(root, new_files(inbox, {}, NO_WAIT).files)
    assert [owner_of(FOLDERS, one.path_bytes) for one in receipts] == ["140222"] * len(receipts)
    night(root, inbox)
    assert night(root, inbox).run is None


def test_where_folders_are_set_nobody_sends_from_elsewhere(tmp_path: Path) -> None:
    path = next(send(tmp_path, loans(finance())).rglob("*.xlsx"))
    (finding,) = read_submission(receipt_of(path), Limits(), FOLDERS).findings
    assert (finding.rule, finding.severity) == ("wrong_folder", "critical")
    assert read_submission(receipt_of(path), Limits(), {}).findings == []


def test_a_county_is_owned_by_itself_and_its_prefecture() -> None:
    assert owns("140222", "140222")
    assert owns("140200", "140222")
    assert not owns("140222", "140221")
    assert not owns("140300", "140222")


def test_folders_are_a_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().folders == {}
    monkeypatch.setenv("XIANBAO_CONFIG", "xianbao.toml")
    (tmp_path / "xianbao.toml").write_text('[folders]\n"datong/" = "140200"\n"datong/tianzhen" = "140222"\n')
    assert load_settings().folders == FOLDERS
    monkeypatch.setenv("XIANBAO_FOLDERS", '{"yanggao": "140221"}')
    assert load_settings().folders == {**FOLDERS, "yanggao": "140221"}


@pytest.mark.parametrize(
    "folders",
    [{"datong": "140000"}, {"datong": "天镇县"}, {"/datong": "140200"}, {"../x": "140200"}, {"": "140200"},
     {".": "140200"}, {"a": "140200", "a/": "140222"}],
)  # fmt: skip
def test_folders_that_mean_nothing_are_refused(folders: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PermanentError):
        checked_folders(folders)
    monkeypatch.setenv("XIANBAO_FOLDERS", "{")
    with pytest.raises(PermanentError, match="JSON"):
        load_settings()
