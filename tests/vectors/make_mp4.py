"""Makes tests/vectors/mp4: small files for whoever changes them at random: `python -m tests.vectors.make_mp4`.

They are kept because encoders take seconds for what these tests want at once, and so that a failure stays one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.films import FILMS, edited

FOLDER = Path(__file__).parent / "mp4"
NAMES = {
    "h264-aac": "H.264 with B-frames and AAC",
    "h264-aac-mov": "MOV",
    "faststart": "faststart",
    "hevc": "HEVC",
    "av1": "AV1",
    "vp9-opus": "VP9 and Opus",
    "fragments": "fragments",
    "fragments-edit-list": "fragments with an edit list",
    "fragments-base-offset": "fragments counted from the file",
    "co64": "offsets of 64 bits",
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, film in NAMES.items():
        recipe = replace(FILMS[film], pictures=9, gop=4)
        (FOLDER / f"{name}.bin").write_bytes(recipe.make())
    trimmed = replace(FILMS["MOV"], pictures=9, gop=4, format="mp4", change=edited((200, 1024 + 5 * 512)))
    (FOLDER / "trimmed.bin").write_bytes(trimmed.make())


if __name__ == "__main__":
    main()
