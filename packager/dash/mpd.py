"""The media presentation description (ISO/IEC 23009-1, 5.3), rendered when asked for.

All times count from 1970, so `availabilityStartTime` is the same for every broadcast of a stream, on every node and
after every restart: players go on where they were. Below the playback id every address is relative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Final

from media.codecs import codec_string
from media.track import Kind
from packager.dash.markup import element, text
from packager.dash.on_demand import length
from packager.dash.timeline import periods
from packager.labels import label
from packager.rates import declared, peak

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from media.track import Track
    from packager.dash.timeline import Entry, Lane, Period
    from packager.hls.window import Window

_PROFILES: Final = "urn:mpeg:dash:profile:isoff-live:2011"
_TIME: Final = "../../../time"
"""From /play/<token>/<playback id>/ the server's clock; edges have the same layout."""
_CHANNELS: Final = "urn:mpeg:mpegB:cicp:ChannelConfiguration"
_SET_IDS: Final = {Kind.VIDEO: 0, Kind.AUDIO: 1}
_LOW_DELAY_S: Final = 1.2
"""The delay that players aim at where there are parts: the three parts that HLS players hold back (PART-HOLD-BACK), and
as much again, since these players do not hear of each part."""
_LONGEST_DELAY_S: Final = 86_400
"""As long as DVR windows can be, so nobody is further behind. Where no longest delay is told, dash.js 5.2 takes one of
12 s more than it aims at, and goes to the live edge past that. After a publisher was away for six seconds or more this
takes it from one period into another that it has loaded already, and there it forgets what to ask for: it stands until
the next gap. What it does otherwise is to wait for as long as the gap is, and to go on from there."""
_DELAY_SEGMENTS: Final = 3
"""The same in segments where there are none: one is not closed yet, one not heard of, one in reserve."""
_DELAY_SHARE: Final = 0.75
"""Of what players can go back to, the most that they are told to stay behind: one that begins with the very oldest
segment (dash.js 5.2 in Chromium) never gets going."""
_LAYOUTS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 11, 8: 12}
"""ChannelConfiguration (ISO/IEC 23001-8, table 7) for so many channels."""
_GRAIN_S: Final = 1000
"""Durations are told in whole milliseconds."""


def render(
    windows: Mapping[str, Window], tracks: Mapping[str, Track], *, span: float, flowing: bool, over: bool = False
) -> str:
    """The manifest of a broadcast; once all windows have ended it says when that was.

    `tracks` are by the name of their init segment, `span` is for how many seconds players can go back, `flowing` says
    that a run is open. `over` makes a static presentation of a broadcast that has ended: players that watched it live
    should have been told of the end before, or they take the end for a length (Shaka Player 5.2).
    """
    listed = periods(windows, tracks, flowing=flowing)
    terms = _terms(windows.values(), listed, span)
    ended = all(window.ended for window in windows.values())
    attributes = {
        "xmlns": "urn:mpeg:dash:schema:mpd:2011",
        "profiles": _PROFILES,
        "type": "static" if over else "dynamic",
        "availabilityStartTime": "1970-01-01T00:00:00Z",
        "publishTime": _date(max((period.known for period in listed), default=0.0)),
        "minimumUpdatePeriod": None if over else _duration(terms.update),
        "mediaPresentationDuration": _duration(listed[-1].end - 0.001) if ended and listed else None,
        "timeShiftBufferDepth": None if over else _duration(span),
        "suggestedPresentationDelay": None if over else _duration(terms.suggested),
        "minBufferTime": _duration(terms.buffer),
        "maxSegmentDuration": _duration(terms.longest),
    }
    service = [_service()] if terms.part else []
    clock = element("UTCTiming", {"schemeIdUri": "urn:mpeg:dash:utc:http-xsdate:2014", "value": _TIME})
    body = element("MPD", attributes, *service, *(_period(period, terms) for period in listed), clock)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def render_on_demand(listed: Sequence[Period]) -> str:
    """The manifest of what is over and whole: periods that begin with 0, and nothing about the time of day."""
    terms = _terms((), listed, 0.0)
    attributes = {
        "xmlns": "urn:mpeg:dash:schema:mpd:2011",
        "profiles": _PROFILES,
        "type": "static",
        "mediaPresentationDuration": _duration(_risen(listed[-1].start + length(listed[-1]) if listed else 0.0)),
        "minBufferTime": _duration(terms.buffer),
        "maxSegmentDuration": _duration(terms.longest),
    }
    body = element("MPD", attributes, *(_period(period, terms) for period in listed))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the whole manifest is written by, in seconds: `part` is 0.0 where there are none.

    `reach` is how far back what is listed begins.
    """

    part: float
    longest: float
    reach: float

    @property
    def suggested(self) -> float:
        """How far behind the live edge players should stay that know nothing of low latency.

        They may take the open segment for one that is there (Shaka Player 5.2), and are sent back by its length.
        """
        delay = _LOW_DELAY_S + self.longest if self.part else _DELAY_SEGMENTS * self.longest
        return min(delay, _DELAY_SHARE * self.reach)

    @property
    def buffer(self) -> float:
        """How much players should have before they begin."""
        return 2 * self.part or self.longest

    @property
    def update(self) -> float:
        """How often players should look for news."""
        return self.longest / 2


def _terms(windows: Iterable[Window], listed: Sequence[Period], span: float) -> _Terms:
    part = max((window.part_target for window in windows if window.low_latency), default=0.0)
    lasting = (each.ticks / lane.track.timescale for period in listed for lane in period.lanes for each in lane.entries)
    reach = min(span, listed[-1].known - listed[0].begin) if listed else span
    return _Terms(part, max(lasting, default=1.0), reach)


def _service() -> str:
    """ServiceDescription (annex K): the delay that is aimed at, and how players may come near it.

    Players that are further behind than the longest delay go to the live edge (dash.js 5.2), though their user may have
    gone back.
    """
    latency = {
        "target": round(1000 * _LOW_DELAY_S),
        "min": round(500 * _LOW_DELAY_S),
        "max": 1000 * _LONGEST_DELAY_S,
    }
    return element(
        "ServiceDescription",
        {"id": 0},
        element("Latency", latency),
        element("PlaybackRate", {"min": 0.92, "max": 1.08}),
    )


def _period(period: Period, terms: _Terms) -> str:
    attributes = {"id": period.msn, "start": f"PT{period.start:.6f}S"}
    return element("Period", attributes, *(_adaptation_set(lane, terms) for lane in period.lanes))


def _adaptation_set(lane: Lane, terms: _Terms) -> str:
    track = lane.track
    attributes = {
        "id": _set_id(lane),
        "contentType": track.kind.value,
        "mimeType": f"{track.kind.value}/mp4",
        "lang": track.known_language,
        "segmentAlignment": "true",
        "startWithSAP": 1,
    }
    called = [text("Label", name)] if (name := label(track)) else []
    return element("AdaptationSet", attributes, *called, _representation(lane, terms))


def _set_id(lane: Lane) -> int:
    """The same for a rendition in each period: 0 for video, from 1 on for sound."""
    return _SET_IDS[lane.track.kind] + int(lane.rendition[1:])


def _representation(lane: Lane, terms: _Terms) -> str:
    track, whole = lane.track, lane.entries[: len(lane.entries) - lane.ahead]
    seen = peak(((each.size, each.ticks / track.timescale) for each in whole), terms.longest / 2)
    is_video = track.kind is Kind.VIDEO
    attributes = {
        "id": lane.rendition,
        "codecs": codec_string(track),
        "bandwidth": declared(seen),
        "width": track.width or None,
        "height": track.height or None,
        "sar": f"{track.aspect[0]}:{track.aspect[1]}" if track.aspect != (1, 1) else None,
        "frameRate": _frame_rate(track.frame_rate) if is_video and track.frame_rate else None,
        "audioSamplingRate": None if is_video else track.sample_rate,
    }
    layout = {"schemeIdUri": _CHANNELS, "value": _LAYOUTS.get(track.channels, 0)}
    channels = [] if is_video else [element("AudioChannelConfiguration", layout)]
    return element(
        "Representation", attributes, *channels, text("BaseURL", f"{lane.rendition}/"), _template(lane, terms)
    )


def _template(lane: Lane, terms: _Terms) -> str:
    timescale = lane.track.timescale
    attributes: dict[str, object] = {
        "timescale": timescale,
        "presentationTimeOffset": lane.offset,
        "startNumber": lane.entries[0].msn,
        "initialization": lane.init,
        "media": f"{lane.folder}{lane.epoch}-$Number$.m4s",
    }
    if lane.ahead:
        last = lane.entries[-1].ticks / timescale
        attributes |= {
            "availabilityTimeOffset": round(max(last - terms.part, terms.part), 3),
            "availabilityTimeComplete": "false",
        }
    return element("SegmentTemplate", attributes, element("SegmentTimeline", {}, *_rows(lane.entries)))


def _rows(entries: Sequence[Entry]) -> Iterator[str]:
    """One S for as many segments as follow each other and last equally long (5.3.9.6)."""
    index, end = 0, None
    while index < len(entries):
        first, count = entries[index], 1
        while index + count < len(entries) and _repeats(entries[index + count - 1], entries[index + count]):
            count += 1
        time = f' t="{first.time}"' if first.time != end else ""
        repeat = f' r="{count - 1}"' if count > 1 else ""
        yield f'<S{time} d="{first.ticks}"{repeat}/>\n'
        index, end = index + count, entries[index + count - 1].end


def _repeats(before: Entry, after: Entry) -> bool:
    return after.time == before.end and after.ticks == before.ticks


def _frame_rate(rate: float) -> str:
    """FrameRateType: a whole number, or a fraction as of 30000/1001."""
    return str(Fraction(rate).limit_denominator(1001))


def _duration(seconds: float) -> str:
    """xs:duration."""
    return f"PT{round(seconds * _GRAIN_S) / _GRAIN_S:.3f}S"


def _risen(seconds: float) -> float:
    """Up to the next grain: where a film's end lies behind what is told, dash.js 5.2 may never say that it is over."""
    return ceil(round(seconds * _GRAIN_S, 3)) / _GRAIN_S


def _date(at: float) -> str:
    """xs:dateTime of a unix time."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
