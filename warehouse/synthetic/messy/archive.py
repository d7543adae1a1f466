"""Zip archives, the same bytes each time; names in UTF-8 or, as on Chinese Windows, in GBK that nothing declares."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping

DAY = (2018, 7, 1, 0, 0, 0)  # in each entry, whatever the clock says


def zip_bytes(members: Mapping[str, bytes], *, gbk: bool = False, stored: Collection[str] = ()) -> bytes:
    """The members as an archive, in their order."""
    made = io.BytesIO()
    stand_ins = {name: _stand_in(place, name) if gbk else name for place, name in enumerate(members)}
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(stand_ins[name], DAY)
            entry.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    data = made.getvalue()
    for name, stand_in in stand_ins.items() if gbk else ():
        # Python would declare UTF-8; so a plain name of the same length goes in and is exchanged.
        data = data.replace(stand_in.encode("ascii"), name.encode("gbk"))
    return data


def _stand_in(place: int, name: str) -> str:
    """A name in ASCII as long as `name` in GBK, which no compressed content holds by chance."""
    head = f"stand-in-{place}-"
    return head + "=" * (len(name.encode("gbk")) - len(head))
