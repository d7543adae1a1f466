"""What people are told when something is wrong: errors, the disk's own among them, and findings, alone and grouped.

Belongs here: records of faults and their wording that every room shares. Does not belong here: finding any fault.
"""
