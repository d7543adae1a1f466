{# The codes of all counties, as SQL writes a list of texts. #}
{% macro counties() %}'{% for number in range(430101, 430220) %}{{ number }}{{ "', '" if not loop.last }}{% endfor %}'{% endmacro %}
