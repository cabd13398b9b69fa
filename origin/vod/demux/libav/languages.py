"""Languages as ISO 639-2/T has them: containers write the other codes of the same list as well."""

from __future__ import annotations

import re
from typing import Final

UNDETERMINED: Final = "und"
_TERMINOLOGICAL: Final = {
    "alb": "sqi",
    "arm": "hye",
    "baq": "eus",
    "bur": "mya",
    "chi": "zho",
    "cze": "ces",
    "dut": "nld",
    "fre": "fra",
    "geo": "kat",
    "ger": "deu",
    "gre": "ell",
    "ice": "isl",
    "mac": "mkd",
    "mao": "mri",
    "may": "msa",
    "per": "fas",
    "rum": "ron",
    "slo": "slk",
    "tib": "bod",
    "wel": "cym",
}
"""The twenty whose bibliographic code (ISO 639-2/B) differs."""
_CODE: Final = re.compile("[a-z]{3}")


def language_of(found: str | None) -> str:
    """The terminological code; "und" for none, and for what is no code of three letters."""
    code = (found or "").strip().lower()
    return _TERMINOLOGICAL.get(code, code) if _CODE.fullmatch(code) else UNDETERMINED
