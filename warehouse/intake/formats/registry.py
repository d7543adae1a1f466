"""The formats of files, a line each: what they are called, how they are known, what bounds them, who reads them.

A format of tables is added by its reader's module and its line in FORMATS (docs/how-to/add-a-file-format.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from warehouse.intake.formats.delimited import read_delimited
from warehouse.intake.formats.html_page import read_html
from warehouse.intake.formats.ods import read_ods
from warehouse.intake.formats.preflight import PreflightResult
from warehouse.intake.formats.spreadsheetml import read_spreadsheetml
from warehouse.intake.formats.table import Table
from warehouse.intake.formats.xls import read_xls
from warehouse.intake.formats.xlsx import read_xlsx

# How the two containers begin, Office's old one and the zip; which format one is of shows in its parts.
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK"
ANY = b""
# All tables of the file, in its order. Whatever else than Unreadable it raises is reported as damage of the file.
Reader = Callable[[Path, PreflightResult], list[Table]]
Bound = Literal["unpacked_bytes", "cells", "members"]


@dataclass(frozen=True)
class FileFormat:
    """A kind of file: what findings call it, the suffixes it comes with (the first is the usual one), how it begins
    (ANY: the suffix tells, or what stands near the beginning), what a container of it holds one of, or a text near its
    beginning, and the Limits that bound it beside those of every file (bytes on disk; seconds and memory of whoever
    reads it).
    """

    label_zh: str
    label_en: str
    suffixes: tuple[str, ...]
    magic: bytes
    parts: tuple[str, ...]
    limits: tuple[Bound, ...]


@dataclass(frozen=True)
class TableFormat(FileFormat):
    """A kind of file that holds tables, with its reader."""

    read: Reader


# By the names that preflight gives them. Where a container could be two, the first.
FORMATS = {
    "xlsx": TableFormat(
        "工作簿", "workbook", (".xlsx",), ZIP, ("xl/workbook.xml",), ("unpacked_bytes", "cells"), read_xlsx
    ),
    "xls": TableFormat("工作簿", "workbook", (".xls",), OLE, ("Workbook", "Book"), ("cells",), read_xls),
    "ods": TableFormat("工作簿", "workbook", (".ods",), ZIP, ("content.xml",), ("unpacked_bytes", "cells"), read_ods),
    "spreadsheetml": TableFormat(
        "XML 工作簿",
        "XML workbook",
        (".xml",),
        ANY,
        ("urn:schemas-microsoft-com:office:spreadsheet",),
        ("cells",),
        read_spreadsheetml,
    ),
    "html": TableFormat(
        "网页", "web page", (".html", ".htm"), ANY, ("<html", "<table", "<!doctype html"), ("cells",), read_html
    ),
    "text": TableFormat("文本文件", "text file", (".csv", ".tsv", ".txt"), ANY, (), ("cells",), read_delimited),
}
# A zip that holds none of the above; its members are read, each as a file of its own.
ARCHIVE = FileFormat("压缩包", "archive", (".zip",), ZIP, (), ("unpacked_bytes", "members"))
# Refused by name, for their senders can save them as something else: the one without parts by its suffix.
REFUSED = (
    FileFormat("WPS 表格", "WPS spreadsheet", (".et",), OLE, (), ()),
    FileFormat("单个文件网页", "web page in a single file", (".mht",), b"MIME-Version:", (), ()),
    FileFormat("二进制工作簿", "binary workbook", (".xlsb",), ZIP, ("xl/workbook.bin",), ()),
)
# What people send in the place of a table, named as what it is, whatever it is called.
NO_TABLES = (
    FileFormat("PDF 文件", "PDF document", (".pdf",), b"%PDF", (), ()),
    FileFormat("Word 文档", "Word document", (".docx",), ZIP, ("word/document.xml",), ()),
    FileFormat("Word 文档", "Word document", (".doc",), OLE, ("WordDocument",), ()),
    FileFormat("幻灯片", "presentation", (".pptx",), ZIP, ("ppt/presentation.xml",), ()),
    FileFormat("RTF 文档", "document in rich text", (".rtf",), b"{\\rtf", (), ()),
    FileFormat("图片", "picture", (".png",), b"\x89PNG", (), ()),
    FileFormat("图片", "picture", (".jpg",), b"\xff\xd8\xff", (), ()),
    FileFormat("RAR 压缩包", "RAR archive", (".rar",), b"Rar!", (), ()),
    FileFormat("7z 压缩包", "7z archive", (".7z",), b"7z\xbc\xaf\x27\x1c", (), ()),
)
A_FILE = f"{'、'.join(one.suffixes[0] for one in FORMATS.values())} 或 or {ARCHIVE.suffixes[0]} 文件 a file"
