"""What the checks of reading are: those that no rule makes."""

from __future__ import annotations

from typing import Literal

from warehouse.codebook.model import Record


class ReadingCheck(Record):
    """What reading or comparing returns may find without a rule: severity, reason and advice in two languages."""

    rule: str
    severity: Literal["critical", "warning", "info"]
    reason_zh: str
    reason_en: str
    advice_zh: str
    advice_en: str
