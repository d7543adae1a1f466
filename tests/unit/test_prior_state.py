"""What judging knows of before: the ledger as the run found it, and what the run itself has decided since."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.judge import judge
from tasks.run import Run
from tests.builders import RECEIVED, finance, loans, night, read_files, send, url
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.reading import save_reading
from warehouse.store import ledger
from warehouse.store.files import Root
from warehouse.store.prior_state import RETURNS, in_force_submissions
from warehouse.store.staging import load_staged, prior_state, save_returns


@pytest.fixture
def second(root: Root, inbox: Path) -> Run:
    """The second run of a root, which has read a correction and a return of a later period, and judged nothing yet."""
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    run = Run(
        name="000002", flow="nightly", received_at=RECEIVED, root_path=root.path, ledger_url=url(root), limits=Limits()
    )  # fmt: skip
    sent = send(inbox / "2", loans(finance(2000)), loans(finance(3000), period="2018-06"))
    save_reading(read_files(*sorted(sent.rglob("*.xlsx"))), run.reading)
    save_returns(run.ledger_url, run.returns)
    return run


def test_periods_are_judged_without_asking_the_ledger_again(second: Run) -> None:
    database = second.root.path / "ledger.db"
    database.unlink()
    assert [judge.fn(second, period) for period in ("2017-12", "2018-06")] == [1, 1]
    assert not database.exists()
    decided = [one for period in load_staged(second.judged) for one in period.decisions]
    assert [(one.period, one.verdict, one.version) for one in decided] == [
        ("2017-12", "accepted", 2), ("2018-06", "accepted", 1),
    ]  # fmt: skip


def test_what_the_run_decided_of_an_earlier_period_is_known_when_it_judges_a_later_one(second: Run) -> None:
    judge.fn(second, "2017-12")
    known = prior_state(second.root, second.name, second.returns, second.judged)
    assert known.returns.select("run", "period", "version").rows() == [
        ("000001", "2017-12", 1),
        ("000002", "2017-12", 2),
    ]
    assert known.rows(known.book.datasets["finance"]).collect()["loan_amount_yuan"].to_list() == [2000]


def test_what_is_kept_of_the_ledger_is_what_it_has(second: Run) -> None:
    kept = save_returns(second.ledger_url, second.returns)
    whole = ledger.read_table(ledger.open_ledger(second.ledger_url), ledger.RETURNS)
    assert kept.equals(whole.select(*RETURNS))
    assert in_force_submissions(kept) == in_force_submissions(whole)
