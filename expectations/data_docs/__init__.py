"""Data Docs: what a run validated, check by check, as pages for people that open without any network.

Belongs here: results in Great Expectations' own form, of the suites as they are written (a batch is asked fewer,
stacked questions; `expectations.validation.stacked_checks`), and their pages, made of its renderers' text in a frame
of ours, for its own pages fetch styles and scripts from elsewhere. Does not belong here: deciding anything
(`expectations.judge`).
"""
