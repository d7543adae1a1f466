"""What a run says of itself: its numbers, its findings as a table and as a text.

Belongs here: reports of one run. Does not belong here: marts, pages of checks (`expectations.data_docs`).
"""
