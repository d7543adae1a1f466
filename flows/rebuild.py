"""The rebuild flow: all that follows from archive and journal, made anew and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from flows.forms import shown
from flows.operation import operation
from flows.settings import load_settings
from tasks import maintain
from warehouse.codebook.choices import OR_BLANK
from warehouse.maintenance.rebuild import RebuildResult
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.messages.log import log


@operation(
    "rebuild",
    says=lambda done: (
        f"重放 {done.entries} 条日志,读取 {done.read} 份原件,结果一致;替换 {len(done.replaced or ())} 个文件;"
        f" {done.entries} entries replayed, {done.read} originals read, all the same;"
        f" {len(done.replaced or ())} files replaced"
    ),
)
def rebuild(
    out: Annotated[
        Path | None,
        OR_BLANK,
        shown(
            "输出文件夹 Out", "新的或空的文件夹;留空为 <root>/rebuild。 A new or empty folder; blank: <root>/rebuild."
        ),
    ] = None,
    *,
    in_place: Annotated[
        bool,
        shown(
            "就地修复 In place",
            "结果一致时,替换根目录中不应如此的文件。 Where all came out the same, replace what in the root is not as it"
            " must be.",
        ),
    ] = False,
) -> RebuildResult:
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
    return done
