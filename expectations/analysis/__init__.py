"""What can be said of rules without judging anything: whether they contradict, what an edit would do, limits of forms.

Belongs here: questions about the rules themselves. Does not belong here: verdicts on returns
(`expectations.validation`), the rules (`expectations.suites`).
"""
