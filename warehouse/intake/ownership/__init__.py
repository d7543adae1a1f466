"""Whose return it is: county and period from cover, columns, names of files and folders, and whether these agree.

Belongs here: claims and the evidence for them. Does not belong here: figures.
"""
