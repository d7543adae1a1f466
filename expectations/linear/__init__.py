"""Rules as linear forms: what they demand of the numbers of a row, and what numbers meet them.

Belongs here: forms and programmes over them. Does not belong here: rules that are no such forms, which only a
Checkpoint asks (`expectations.validation`), and rules held against each other (`expectations.analysis`).
"""
