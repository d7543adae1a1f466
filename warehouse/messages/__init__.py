"""What people are told when something is wrong: errors, the disk's own among them, and findings, alone and grouped;
and the encoders through which text from outside leaves: for a line, Markdown, a spreadsheet, JSON, the log.

Belongs here: records of faults and their wording that every room shares. Does not belong here: finding any fault.
"""
