"""Input templates: one workbook for a county and period, laid out as `warehouse.intake` reads it, with help and limits.

`asked` says for which county, period and datasets; `write_template` gives the bytes, the same for the same request.
Belongs here: cells, looks, drop-downs, messages, the how-to sheet. Does not belong here: rules, which come as small
records of limits (room `expectations`); reading what was filled in (`warehouse.intake`).
"""

from warehouse.intake.template.form import Allowed, Form, LastReturn, Limit, RuleText, Seen
from warehouse.intake.template.selection import TemplateSelection, select_all, select_template
from warehouse.intake.template.workbook import template_name, write_template

__all__ = [
    "Allowed",
    "Form",
    "LastReturn",
    "Limit",
    "RuleText",
    "Seen",
    "TemplateSelection",
    "select_all",
    "select_template",
    "template_name",
    "write_template",
]
