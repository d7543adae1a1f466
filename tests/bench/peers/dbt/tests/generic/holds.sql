{# Rows of which the expression is false; where it is unknown, nothing is said. #}
{% test holds(model, expression) %}
select 1 from {{ model }} where not ({{ expression }})
{% endtest %}
