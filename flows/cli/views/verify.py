"""What verifying found, for a person at the terminal."""

from __future__ import annotations

from rich.console import Console

from warehouse.maintenance.verify import VerifyResult

MIB = 2**20


def show_verify(verified: VerifyResult, console: Console) -> None:
    """How much was looked at, and each fault in both languages with what to do."""
    looked = (
        f"{verified.originals:,} originals, {verified.entries:,} entries of the journal, {verified.rows:,} files of "
        f"rows, {verified.published:,} published files: {verified.bytes / MIB:,.1f} MiB in {verified.seconds:.1f} s"
    )
    console.print(looked, highlight=False, markup=False, soft_wrap=True)
    if verified.without_hash:
        console.print(
            f"{verified.without_hash:,} of them are older than their hashes and were only read", highlight=False
        )
    for fault in verified.faults:
        console.print(fault.message_zh, style="red", highlight=False, markup=False, soft_wrap=True)
        console.print(f"  {fault.message_en}", highlight=False, markup=False, soft_wrap=True)
    if verified.faults:
        console.print(f"[bold red]{len(verified.faults)} faults 处异常[/] in {verified.root}", highlight=False)
    else:
        console.print("[bold]All as it was kept 全部完好.[/]", highlight=False)
