{# Rows that share their values of the columns with another row. #}
{% test only_once(model, columns) %}
{{ config(fail_calc="coalesce(sum(rows), 0)") }}
select count(*) as rows from {{ model }} group by {{ columns }} having count(*) > 1
{% endtest %}
