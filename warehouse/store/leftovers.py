"""What a run that broke off had left, as the next one says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal[
    "ledger", "marts",
    "indexed", "rows", "superseded", "temporary", "removal", "snapshot", "unpublished", "views", "report", "unreceived",
    "interrupted", "suspect", "forgotten",
]  # fmt: skip
NAMED = 5
SAID: dict[Kind, tuple[str, str]] = {
    "ledger": (
        "台账与日志不符,已按日志重建批次 {names}",
        "the ledger did not say what the journal says; indexed run(s) {names} anew",
    ),
    "marts": (
        "已发布的 {count} 个文件已损坏或缺失,本次重新生成:{names}",
        "{count} published file(s) are damaged or missing, and are made anew by what is published now: {names}",
    ),
    "forgotten": (
        "已完成中断的永久删除:{names}",
        "removed for good what was forgotten and still there: {names}",
    ),
    "indexed": (
        "台账缺少已提交的批次 {names},已补入",
        "indexed run(s) {names}, which an interrupted run had left out of the ledger",
    ),
    "rows": (
        "已删除 {count} 个无任何已提交批次载明的行文件:{names}",
        "removed {count} file(s) of rows that no committed run names: {names}",
    ),
    "superseded": (
        "已删除 {count} 个已合并的行文件:{names}",
        "removed {count} file(s) of rows that a compaction had merged: {names}",
    ),
    "temporary": (
        "已删除 {count} 个写到一半的临时文件:{names}",
        "removed {count} temporary file(s), which were being written: {names}",
    ),
    "removal": (
        "已完成中断的快照或报告清理:{names}",
        "finished the removal of old snapshot(s) or report(s), which had broken off: {names}",
    ),
    "snapshot": ("已删除未发布的快照 {names}", "removed snapshot(s) {names}, written in part and never published"),
    "unpublished": (
        "批次 {names} 已提交而未发布,本次发布",
        "run(s) {names} count but are not in the marts yet; this run publishes them",
    ),
    "views": (
        "{names} 未指向最新快照,已更正",
        "{names} did not lead to the last snapshot, and do now",
    ),
    "report": ("已补写批次 {names} 的报告", "wrote the report of run {names}, which had not been written to its end"),
    "unreceived": (
        "存档中有 {count} 个原件尚无收件号,予以保留,再次收到时登记:{names}",
        "{count} original(s) in the archive have no receipt yet; kept, they get one when they are taken in: {names}",
    ),
    "interrupted": (
        "上次运行未能完成,其草稿已清除:{names}",
        "the last run did not come to its end; its scratch was removed: {names}",
    ),
    "suspect": (
        "最近几次运行中断时都正在读取 {names},留待其他文件提交后处理",
        "the last runs broke off with {names} in hand; its turn comes when all else is committed",
    ),
}


class Leftover(BaseModel):
    """One kind of thing that was left, and what was done about it. `names` are paths below the root, runs, versions or
    files; the messages name the first few.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    names: tuple[str, ...]
    message_zh: str
    message_en: str

    @classmethod
    def of(cls, kind: Kind, names: Iterable[str]) -> Leftover:
        """The record with its sentences."""
        found = tuple(names)
        listed = ", ".join(found[:NAMED]) + (" ..." if len(found) > NAMED else "")
        zh, en = (text.format(names=listed, count=len(found)) for text in SAID[kind])
        return cls(kind=kind, names=found, message_zh=zh, message_en=en)
