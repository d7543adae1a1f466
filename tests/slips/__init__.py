"""Slips of clerks that no rule of form forbids: planted in the clean province, judged, and counted what was said."""
