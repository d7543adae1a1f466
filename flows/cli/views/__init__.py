"""How results look at a terminal: one view a result, each also as JSON where machines read it.

Belongs here: lines, columns, colours, wording in zh and en. Does not belong here: computing what is shown.
"""
