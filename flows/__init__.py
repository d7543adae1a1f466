"""What runs: each flow a table of contents; the settings; the command line.

Belongs here: the order of the work, and what a person at a terminal sees. Does not belong here: the work.
"""
