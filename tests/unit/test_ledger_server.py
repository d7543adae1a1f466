"""The ledger on a database server. What a server itself says is in `tests/postgresql/`."""

from __future__ import annotations

import sys

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from warehouse.messages.errors import PermanentError, TransientError
from warehouse.store import ledger
from warehouse.store.ledger_server import MARK, Text, shown

POSTGRESQL = sa.create_engine("postgresql+psycopg://u@h/d").dialect
SECRET = "hunter2"


@given(st.text(st.one_of(st.sampled_from(["\0", MARK, "0", "1"]), st.characters(exclude_categories=["Cs"]))))
def test_any_text_comes_back_and_what_is_written_has_no_nul(text: str) -> None:
    write, read = Text().bind_processor(POSTGRESQL), Text().result_processor(POSTGRESQL, None)
    assert write is not None
    assert read is not None
    assert "\0" not in (write(text) or "")
    assert read(write(text)) == text
    assert read(write(None)) is None


def test_sqlite_has_text_as_it_is() -> None:
    dialect = sa.create_engine("sqlite://").dialect
    assert Text().bind_processor(dialect) is Text().result_processor(dialect, None) is None


@pytest.mark.parametrize(
    "url",
    [SECRET, f"nonsense://u:{SECRET}@h/d", f"postgresql+psycopg://u:p@h:{SECRET}/d"],
    ids=["none", "kind", "port"],
)
def test_what_is_no_url_is_said_without_quoting_it(url: str) -> None:
    with pytest.raises(PermanentError, match="it is no database's URL") as wrong:
        ledger.open_ledger(url)
    assert SECRET not in str(wrong.value)
    assert wrong.value.__suppress_context__


def test_a_missing_driver_is_named_with_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(PermanentError, match=r"psycopg2 of postgresql://u:\*\*\*@h/d is not .* xianbao\[postgresql\]"):
        ledger.open_ledger(f"postgresql://u:{SECRET}@h/d")


def test_a_server_that_cannot_be_reached_is_a_sentence_without_the_password() -> None:
    with pytest.raises(TransientError, match=r"cannot be used now .*Connection refused") as gone:
        ledger.open_ledger(f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/d?sslpassword={SECRET}")
    assert SECRET not in str(gone.value)
    assert "postgresql+psycopg://u:***@127.0.0.1:1/d " in str(gone.value)


def test_a_url_is_shown_without_any_password() -> None:
    assert shown(f"postgresql+psycopg://u:{SECRET}@h/d?password={SECRET}&port=5433") == (
        "postgresql+psycopg://u:***@h/d?port=5433"
    )
