"""Metrics that Great Expectations has and this engine refuses, with the reason that users read."""

from __future__ import annotations

_PARSED = (
    "no Polars expression parses it as Python does, and a Python function for each value is not what Polars is for"
)
_TYPES = "use ExpectColumnPolarsTypeToBe or ExpectColumnPolarsTypeToBeInList of expectations.engine"
_LIKE = "nor on pandas; write it as a regular expression"
_QUERY = "a frame is not queried with SQL; write it as a condition"

UNSUPPORTED: dict[str, str] = {
    "table.column_types": _TYPES,
    "column_values.dateutil_parseable.unexpected_count": _PARSED,
    "column_values.json_parseable.unexpected_count": _PARSED,
    "column_values.match_json_schema.unexpected_count": _PARSED,
    "column_values.match_strftime_format.unexpected_count": _PARSED,
    "column_values.match_like_pattern.unexpected_count": _LIKE,
    "column_values.match_like_pattern_list.unexpected_count": _LIKE,
    "column_values.not_match_like_pattern.unexpected_count": _LIKE,
    "column_values.not_match_like_pattern_list.unexpected_count": _LIKE,
    "unexpected_rows_query.table": _QUERY,
    "base_query.table": _QUERY,
}
