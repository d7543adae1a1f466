"""Figures above the county that a run moves without having judged them: looked at again before it commits."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from expectations.validation.gate import gate
from warehouse.store.files import Root
from warehouse.store.holds import by_figure
from warehouse.store.staging import held_to_settle, prior_state, stage_holds


def settle_holds(root: Root, run: str, returns: Path, staged: Path, *, judged: bool) -> None:
    """Keeps beside what was decided what becomes otherwise of figures by it; done again, it changes nothing.

    Of a run that `judged` these are figures that wait in other periods; of a person's decision also those that it
    moves itself. `returns` and `staged` are as in `prior_state`.
    """
    pairs = held_to_settle(returns, staged, was_judged=judged)
    known = prior_state(root, run, returns, staged)
    for period, own in groupby(pairs, key=lambda pair: pair[0]):
        news = gate([known.book.datasets[dataset] for _, dataset in own], period, known).news
        if news:
            stage_holds(staged, period, news)
            known.holds = {**known.holds, **by_figure(news)}
