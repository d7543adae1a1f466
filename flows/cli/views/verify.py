"""What verifying found, for a person at the terminal."""

from __future__ import annotations

from rich.text import Text

from flows.cli.screen import Screen
from warehouse.maintenance.verify import VerifyResult

MIB = 2**20


def show_verify(verified: VerifyResult, console: Screen) -> None:
    """How much was looked at, and each fault in both languages with what to do."""
    looked = (
        f"{verified.originals:,} originals, {verified.entries:,} entries of the journal, {verified.rows:,} files of "
        f"rows, {verified.published:,} published files: {verified.bytes / MIB:,.1f} MiB in {verified.seconds:.1f} s"
    )
    console.say(looked)
    if verified.without_hash:
        console.say(f"{verified.without_hash:,} of them are older than their hashes and were only read")
    for fault in verified.faults:
        console.say(fault.message_zh, "red")
        console.say(f"  {fault.message_en}")
    if verified.faults:
        console.print(Text.assemble((f"{len(verified.faults)} faults 处异常", "bold red"), f" in {verified.root}"))
    else:
        console.print("All as it was kept 全部完好.", style="bold")
