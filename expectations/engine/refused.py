"""Metrics that Great Expectations has and this engine refuses, with the reason that users read."""

from __future__ import annotations

_FORMATS = "no Polars expression parses it as Python does, and a Python function per value would take the speed away"
_TYPES = "use ExpectColumnPolarsTypeToBe or ExpectColumnPolarsTypeToBeInList of expectations.engine"

REFUSED: dict[str, str] = {
    "table.column_types": _TYPES,
    "column_values.dateutil_parseable.unexpected_count": _FORMATS,
    "column_values.json_parseable.unexpected_count": _FORMATS,
    "column_values.match_json_schema.unexpected_count": _FORMATS,
    "column_values.match_strftime_format.unexpected_count": _FORMATS,
}
