"""Character sets that mail is named by, and the larger ones that its program wrote: the euro sign is in none of the first."""

from __future__ import annotations

_MEANT = {
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin-1", "latin1"), "cp1252"),
    **{"iso-8859-9": "cp1254", "iso-8859-11": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"},
    **{"ks_c_5601-1987": "cp949", "euc-kr": "cp949"},
}
"""Source: the labels of the WHATWG's Encoding Standard."""


def meant(name: str) -> str:
    """Return the character set that programs write under this name."""
    return _MEANT.get(name.lower(), name)
