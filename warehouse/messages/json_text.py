"""JSON for machines that a terminal may show as well: the same values, but nothing raw that would harm it."""

from __future__ import annotations

import json
import re
from typing import Any

from warehouse.messages.visible import may_be_shown

BEYOND_ASCII = re.compile(r"[^\n -~]")


def to_json(value: Any) -> str:
    """The value over several lines; what JSON does not know becomes text, what may not be shown is escaped.

    Raises ValueError for a number that is none, which JSON has no word for.
    """
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str, allow_nan=False)
    return BEYOND_ASCII.sub(lambda sign: sign[0] if may_be_shown(sign[0]) else json.dumps(sign[0])[1:-1], text)
