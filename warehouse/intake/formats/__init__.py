"""File formats: whatever a county sends as tables of text, archives as their members.

Belongs here: bytes to cells, and refusing what is damaged, encrypted or too large. Does not belong here: what a cell
means (`warehouse.intake.layout`).
"""
