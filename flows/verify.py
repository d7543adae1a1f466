"""The verify flow: every kept file against its hash."""

from __future__ import annotations

from collections.abc import Sequence

from flows.operation import operation
from flows.settings import load_settings
from tasks import maintain
from warehouse.maintenance.verify import VerifyResult
from warehouse.messages.errors import StoreError
from warehouse.messages.log import log
from warehouse.store.integrity import IntegrityFault


@operation(
    "verify",
    says=lambda done: (
        f"{done.originals} 份原件、{done.entries} 条日志、{done.rows} 个行文件、{done.published} 个发布文件均未变;"
        f" {done.originals} originals, {done.entries} entries, {done.rows} files of rows, {done.published} published:"
        " all as it was kept"
    ),
)
def verify() -> VerifyResult:
    """Compares every kept file with its hash. Fails, naming each that changed or is missing, where one did or is."""
    settings = load_settings()
    done = maintain.verify_root(settings.store, settings.ledger)
    fail_on(done.faults, done.root)
    return done


def fail_on(faults: Sequence[IntegrityFault], place: str) -> None:
    """Logs each fault with what to do; raises StoreError, which ends the flow as failed, where there is one."""
    for fault in faults:
        log.error("%s %s", fault.message_zh, fault.message_en)
    if faults:
        raise StoreError(
            f"{place}: {len(faults)} 处异常 faults; the first 首条: {faults[0].message_zh} {faults[0].message_en}"
        )
