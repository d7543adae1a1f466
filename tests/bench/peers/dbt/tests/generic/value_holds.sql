{# One row if a value of the whole table is not as the condition wants it. #}
{% test value_holds(model, value, condition) %}
select value from (select {{ value }} as value from {{ model }}) where not (value {{ condition }})
{% endtest %}
