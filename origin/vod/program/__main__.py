"""`python -m origin.vod.program --in-fd N --out DIR --epoch N --segment SECONDS [--poster]`: see the package."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from media.bits import MalformedConfig
from media.track import Kind
from origin.vod.demux.film import MediaError
from origin.vod.demux.opening import open_film
from origin.vod.program import tales
from origin.vod.program.bounds import give_up
from origin.vod.program.folder import Folder
from origin.vod.program.poster import Poster
from origin.vod.program.tales import Done, Failure, Progress, TracksLeftOut
from packager.film import Init, Piece, package
from packager.names import POSTER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.vod.demux.film import Film
    from origin.vod.program.tales import Tale


def main() -> int:
    """Package one film."""
    order = _order()
    size = os.fstat(order.in_fd).st_size
    give_up(size)
    try:
        film = open_film(order.in_fd)
        if film.left_out:
            _tell(TracksLeftOut(tuple(film.left_out)))
        for tale in _packaged(film, order, size):
            _tell(tale)
        film.close()
    except (MediaError, MalformedConfig) as refusal:
        return _refuse(str(refusal))
    except MemoryError:
        return _refuse("The film takes more memory to read than films do; it may be damaged.")
    except OSError as failure:
        return _refuse(f"The packaged film cannot be written: {failure.strerror}.")
    _tell(Done())
    return 0


def _packaged(film: Film, order: argparse.Namespace, film_bytes: int) -> Iterator[Tale]:
    """Files, as they get whole, and how far that is."""
    folder, done = Folder(order.out), 0
    poster = Poster(next((track for track in film.tracks if track.kind is Kind.VIDEO), None) if order.poster else None)
    samples = [poster.watching(track, film.samples(index)) for index, track in enumerate(film.tracks)]
    for step in package(film.tracks, samples, order.epoch, order.segment):
        if isinstance(step, Init):
            yield folder.put_init(step)
        elif isinstance(step, Piece):
            folder.append(step)
        else:
            yield replace(step.segment, sha256=folder.close())
            done += step.segment.size
            yield Progress(min(done / max(film_bytes, 1), 1.0))
    if jpeg := poster.jpeg():
        yield tales.Poster(folder.put(POSTER, jpeg))


def _tell(tale: Tale) -> None:
    sys.stdout.buffer.write(tales.write(tale))
    sys.stdout.buffer.flush()


def _refuse(sentence: str) -> int:
    _tell(Failure(sentence))
    return 1


def _order() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="origin.vod.program")
    parser.add_argument("--in-fd", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--segment", type=float, required=True)
    parser.add_argument("--poster", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
