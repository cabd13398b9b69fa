"""Silence in a recording, where there were pictures and no sound: a player stops where either is missing.

Live, silence is made where a publisher sends no sound any more. What nobody knew then is that sound would come later:
all before it is filled here, when the broadcast is over, as are segments of sound that the store never took. A silent
segment has a name of epoch 0, which no writer has, and follows from the pictures' row, so that it may be made twice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from media.sample import Sample
from media.silence import silence_for
from media.timing import rescale
from media.track import Kind
from origin.catalog import making, recordings
from packager.fmp4 import write_part
from packager.names import Names
from packager.recorded import Recorded

if TYPE_CHECKING:
    from media.silence import Silence
    from media.track import Track
    from origin.live.means import Means
    from packager.recorded import RecordedInit

MOST: Final = 50
"""Segments made in one go: a lease lasts several times as long as so many puts take."""
_NAMES: Final = Names("a0", 0)


async def fill_some(means: Means, tenant_id: str, broadcast_id: str, worker: str) -> bool:
    """Store some silence that is missing, and write it down; True when none is missing any more.

    The asset must be the worker's. Raises `Problem` when catalog or store fail.
    """
    inits = {init.name: init for init in await means.catalog.read(lambda conn: recordings.inits(conn, broadcast_id))}
    sound = next((init for init in inits.values() if init.track.kind is Kind.AUDIO), None)
    silence = silence_for(sound.track) if sound else None
    if sound is None or silence is None:
        return True
    pictures = await means.catalog.read(lambda conn: recordings.unheard(conn, broadcast_id, MOST))
    made = [_made(row, inits[row.init_name].track, sound, silence) for row in pictures if row.init_name in inits]
    for row, body in made:
        await means.store.put(f"{tenant_id}/{broadcast_id}/{row.stored.name}", (body,))
    rows, now = [row for row, _ in made], means.clock()
    ours = await means.catalog.write(lambda conn: making.fill(conn, tenant_id, broadcast_id, worker, rows, now))
    return not (ours and rows)


def _made(row: Recorded, shown: Track, sound: RecordedInit, silence: Silence) -> tuple[Recorded, bytes]:
    """The silence beside a segment of pictures: whole frames, on a grid that goes through all of the recording."""
    scale, span = sound.track.timescale, silence.span
    start = rescale(row.time, shown.timescale, scale)
    end = rescale(row.time + round(row.duration * shown.timescale), shown.timescale, scale)
    first, last = -(-start // span), max(-(-end // span), -(-start // span) + 1)
    times = range(first * span, (last + 1) * span, span)
    samples = [Sample(Kind.AUDIO, time, time, span, key=True, data=silence.data) for time in times[:-1]]
    body = b"".join(write_part(row.msn, times, samples))
    file, init = _NAMES.segment(row.msn), sound.name.partition("/")[2]
    period = rescale(row.period_time, shown.timescale, scale)
    return Recorded(
        *(_NAMES.rendition, row.msn, file, init, len(samples) * span / scale, row.date, row.discontinuity),
        *(times[0], row.period, period, len(body), hashlib.sha256(body).hexdigest()),
    ), body
