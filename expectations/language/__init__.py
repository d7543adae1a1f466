"""The language that rules are written in: relations between columns, checks, rules, and how each is decided exactly.

Belongs here: what a rule may say, for any form. Does not belong here: the rules of a form (`expectations.suites`),
applying them (`expectations.validation`).
"""
