"""The errors of xianbao: permanent ones are never retried, transient ones are.

A fault in a county's data is not an error but a finding (`warehouse.messages.finding`); errors are for what stops the
work.
"""

from __future__ import annotations


class XianbaoError(Exception):
    """What every error of xianbao is; `str()` of it is a sentence fit for a terminal."""


class PermanentError(XianbaoError):
    """Trying again will not help: a broken definition, a wrong setting, a damaged store."""


class TransientError(XianbaoError):
    """Trying again may help: a lock that is held, a file that is being written."""


class CodebookError(PermanentError):
    """A definition contradicts itself or another one; says which file, which entry, and what to change."""


class StoreError(PermanentError):
    """The archive, the journal or the ledger is not as it must be; says which file and what to do."""


class RootBusyError(TransientError):
    """Another run holds the lock on the root."""


class DiskError(TransientError):
    """The disk is full, or cannot be written; with space or leave to write, the next run finishes the work."""


class StillWrittenError(TransientError):
    """A file changes while it is being received, or cannot be read now; it is whole at another time."""
