"""What a file has to show: its tracks, each with its samples, whoever reads them.

Each track is read by itself, at the pace of whoever packages it: so no interleaving, however bad, costs memory. Both
readers give the same samples for the same file; the slower one, libav, is the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from media.sample import Sample
    from media.track import Track


class MediaError(Exception):
    """The file cannot be packaged; the text is a sentence for who brought it, with no path or key in it."""


class NotUnderstoodError(Exception):
    """The file may be good, yet this reader does not fully understand it: another one should try."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A track of the file that is not packaged: `index` in the file, its `kind` and `codec` by name, and why not."""

    index: int
    kind: str
    codec: str
    language: str
    why: str


class Film(Protocol):
    """An open file."""

    @property
    def tracks(self) -> Sequence[Track]:
        """The tracks that can be packaged, in the order of the file; at least one.

        Their timescale is the file's own, and for sound the sample rate wherever the file's is coarser.
        """

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """All other tracks; none is lost silently."""

    def samples(self, track: int) -> Iterator[Sample]:
        """Those of `tracks[track]`, in order of decode times; may be called for several at once.

        The film begins with its earliest presentation time, which is 0 (`zero`). The first sample is key. `dts` only
        rises, and each sample lasts until the next one begins. `data` may be a view of the file, good until `close`.
        Raises `MediaError` where the file turns out to be damaged.
        """

    def close(self) -> None:
        """Let go of the file. Called once."""
