"""The records of reading: receipts, return headers, data sheets, and the findings on the way.

Belongs here: what the steps of intake hand one another. Does not belong here: the steps.
"""
