"""The rebuild flow: all that follows from archive and journal, made anew and compared."""

from __future__ import annotations

from pathlib import Path

from flows.operation import operation
from flows.settings import load_settings
from tasks import maintain
from warehouse.maintenance.rebuild import RebuildResult
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.messages.log import log


@operation("rebuild")
def rebuild(out: Path | None = None, *, in_place: bool = False) -> RebuildResult:
    """Rebuilds into a new or empty folder (`<root>/rebuild` by default); `in_place` then replaces what in the root is
    not as it must be. Fails, naming each file, where one comes out otherwise.
    """
    if in_place and out is not None:
        raise PermanentError("say one of out and in_place")
    at = load_settings().installation
    done = maintain.rebuild_in_place(at) if in_place else maintain.rebuild_into(at, out)
    for one in done.differences:
        log.warning("%s 与当初不同: is not as it was, expected %s, found %s", one.path, one.expected, one.found)
    if not done.same:
        differ = [one.path for one in done.differences if not one.harmless]
        raise StoreError(f"{done.source}: {len(differ)} 个文件与当初不同 files are not as they were, like {differ[0]}")
    log.info("%d entries replayed, %d originals read; replaced: %s",
             done.entries, done.read, ", ".join(done.replaced or ()) or "none")  # fmt: skip
    return done
