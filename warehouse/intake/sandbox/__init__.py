"""Submissions are read in child processes with limits on memory and time, for what a file may do to its reader.

Belongs here: starting, feeding, limiting and killing readers. Does not belong here: reading itself.
"""
