"""Reads plain and fragmented MP4 and MOV files without libav (ISO/IEC 14496-12, QuickTime File Format).

    file → `mapped` → `boxes` → `movie` → `headers`, `entries`, `edits` → tracks
                                       → `tables` → `survey` → `plain`       → samples
                                       → `fragments`         → `fragmented`  → samples

It is for what most people bring. Whatever is rare is left to libav (`NotUnderstoodError`), which is the reference for
all that is read here. Everything but `mapped` is pure over a buffer. Tables are read where they stand, some thousand
rows at a time: a film of 12 hours opens at once and takes no more memory than one of a minute, and no number that a
file merely declares is ever believed.
"""

from origin.vod.demux.isobmff.mapped import open_film
from origin.vod.demux.isobmff.movie import Movie

__all__ = ["Movie", "open_film"]
