"""The seal of what is kept as JSON: its last line is the SHA-256 of all before it. Any changed byte is found."""

from __future__ import annotations

import hashlib
import re

from pydantic import BaseModel

# How a sealed document ends: what it says is JSON with this last line, and without it.
SEAL = re.compile(rb',\n "sha256": "([0-9a-f]{64})"\n\}$')
END = b"\n}"


def sealed(record: BaseModel) -> bytes:
    """The record as JSON with its seal; the same record gives the same bytes."""
    body = record.model_dump_json(indent=1).encode()
    return body.removesuffix(END) + f',\n "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}'.encode()


def unsealed(data: bytes) -> tuple[bytes, str | None, str | None]:
    """What a document says, the SHA-256 that it gives itself and the one that it has.

    Both are None for one of before there were any; with a damaged seal what is left is no record.
    """
    if (seal := SEAL.search(data)) is None:
        return data, None, None
    body = data[: seal.start()] + END
    return body, seal[1].decode(), hashlib.sha256(body).hexdigest()
