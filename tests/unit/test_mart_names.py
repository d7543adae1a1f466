"""Names of marts and columns: a person types them in SQL as they are, for no SQL that reads the marts reserves them."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS as OF_POSTGRESQL
from sqlalchemy.sql.compiler import RESERVED_WORDS as OF_SQLALCHEMY

from tests.builders import BOOK

NAMES = {column.column for columns in BOOK.marts.values() for column in columns} | BOOK.marts.keys()
# What SQL:2016 reserves, part 2, table 8.
STANDARD = """
abs acos all allocate alter and any are array array_agg array_max_cardinality as asensitive asin asymmetric at atan
atomic authorization avg begin begin_frame begin_partition between bigint binary blob boolean both by call called
cardinality cascaded case cast ceil ceiling char char_length character character_length check classifier clob close
coalesce collate collect column commit condition connect constraint contains convert copy corr corresponding cos cosh
count covar_pop covar_samp create cross cube cume_dist current current_catalog current_date
current_default_transform_group current_path current_role current_row current_schema current_time current_timestamp
current_transform_group_for_type current_user cursor cycle date day deallocate dec decfloat decimal declare default
define delete dense_rank deref describe deterministic disconnect distinct double drop dynamic each element else empty
end end_frame end_partition end-exec equals escape every except exec execute exists exp external extract false fetch
filter first_value float floor for foreign frame_row free from full function fusion get global grant group grouping
groups having hold hour identity in indicator initial inner inout insensitive insert int integer intersect intersection
interval into is join json_array json_arrayagg json_exists json_object json_objectagg json_query json_table
json_table_primitive json_value lag language large last_value lateral lead leading left like like_regex listagg ln local
localtime localtimestamp log log10 lower match match_number match_recognize matches max member merge method min minute
mod modifies module month multiset national natural nchar nclob new no none normalize not nth_value ntile null nullif
numeric occurrences_regex octet_length of offset old omit on one only open or order out outer over overlaps overlay
parameter partition pattern per percent percent_rank percentile_cont percentile_disc period portion position
position_regex power precedes precision prepare primary procedure ptf range rank reads real recursive ref references
referencing regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy release result
return returns revoke right rollback rollup row row_number rows running savepoint scope scroll search second seek select
sensitive session_user set show similar sin sinh skip smallint some specific specifictype sql sqlexception sqlstate
sqlwarning sqrt start static stddev_pop stddev_samp submultiset subset substring substring_regex succeeds sum symmetric
system system_time system_user table tablesample tan tanh then time timestamp timezone_hour timezone_minute to trailing
translate translate_regex translation treat trigger trim trim_array true truncate uescape union unique unknown unnest
update upper user using value value_of values var_pop var_samp varbinary varchar varying versioning when whenever where
width_bucket window with within without year
"""
# Since contract 3 and before: the standard reserves them, and every SQL below takes them as they are.
KEPT = {"indicator", "month", "period", "row", "scope", "value", "year"}


def test_no_name_is_reserved_by_duckdb_or_what_superset_speaks_through() -> None:
    of_columns = "keyword_category IN ('reserved', 'type_function')"
    listed = duckdb.sql(f"SELECT keyword_name FROM duckdb_keywords() WHERE {of_columns}")
    reserved = {word for (word,) in listed.fetchall()}
    assert {"by", "column", "left"} <= reserved
    assert NAMES.isdisjoint(reserved | OF_POSTGRESQL | OF_SQLALCHEMY)


def test_no_new_name_is_reserved_by_the_standard() -> None:
    assert NAMES & {*STANDARD.split()} == KEPT
    assert "by" in STANDARD.split()


@pytest.mark.parametrize("connect", [duckdb.connect, sqlite3.connect])
def test_every_column_is_asked_for_without_quotes(connect: object) -> None:
    assert callable(connect)
    with connect(":memory:") as connection:
        for mart, columns in BOOK.marts.items():
            named = ", ".join(column.column for column in columns)
            connection.execute(f"CREATE TABLE {mart} AS SELECT " + ", ".join(f"1 AS {c.column}" for c in columns))
            assert connection.execute(f"SELECT {named} FROM {mart} GROUP BY {named} ORDER BY {named}").fetchall()
