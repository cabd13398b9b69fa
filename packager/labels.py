"""What a track is called in manifests of both kinds: names come from whoever made the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from media.track import Track

MOST_CHARACTERS: Final = 100
"""A player shows some 30 in its menu."""


def label(track: Track) -> str:
    """The track's name, on one line, in characters that can be seen, without quotes; "" where there is none."""
    seen = "".join(character if character.isprintable() else " " for character in track.name.replace('"', "'"))
    return " ".join(seen.split())[:MOST_CHARACTERS]
