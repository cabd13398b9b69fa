"""A DASH viewer who believes nothing: reads every manifest, holds it to what there is and to what was said before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tests.packager.fragments import fragments

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from packager.hls.segment import Segment
    from packager.pipeline import LivePackager
    from tests.packager.viewer import Viewer

NS = {"mpd": "urn:mpeg:dash:schema:mpd:2011"}
JOINED_S = 0.1
"""By so much the duration of a segment may grow when the next one begins; where its samples came late, it shrinks."""


@dataclass(frozen=True)
class Listed:
    """One segment of a manifest, times in ticks."""

    name: str
    number: int
    time: int
    ticks: int


@dataclass(frozen=True)
class Lane:
    """A representation within a period, read back."""

    rendition: str
    timescale: int
    offset: int
    init: str
    folder: str
    segments: tuple[Listed, ...]


@dataclass(frozen=True)
class Period:
    id: str
    start: float
    lanes: tuple[Lane, ...]


def seconds(duration: str) -> float:
    """A duration of the one form that we write."""
    assert duration.startswith("PT")
    assert duration.endswith("S")
    return float(duration[2:-1])


def parse(text: str) -> Element:
    return ET.fromstring(text)  # noqa: S314 - we wrote it


def read(text: str) -> list[Period]:
    """All periods of a manifest, by the rules for templates with a timeline (ISO/IEC 23009-1, 5.3.9.6)."""
    return [
        Period(
            each.attrib["id"],
            seconds(each.attrib["start"]),
            tuple(_lane(one) for one in each.iterfind("*/mpd:Representation", NS)),
        )
        for each in parse(text).iterfind("mpd:Period", NS)
    ]


def _lane(representation: Element) -> Lane:
    template = representation.find("mpd:SegmentTemplate", NS)
    folder = representation.findtext("mpd:BaseURL", namespaces=NS)
    assert template is not None
    assert folder is not None
    number, time, segments = int(template.attrib["startNumber"]), 0, []
    within, _, media = template.attrib["media"].rpartition("/")
    for row in template.iterfind("mpd:SegmentTimeline/mpd:S", NS):
        time = int(row.get("t", time))
        for _ in range(int(row.get("r", 0)) + 1):
            name = folder + media.replace("$Number$", str(number))
            segments.append(Listed(name, number, time, int(row.attrib["d"])))
            number, time = number + 1, time + int(row.attrib["d"])
    return Lane(
        representation.attrib["id"],
        int(template.attrib["timescale"]),
        int(template.attrib["presentationTimeOffset"]),
        folder + template.attrib["initialization"],
        within,
        tuple(segments),
    )


@dataclass
class DashViewer:
    """Looks at the manifest whenever it is told to; `files` is a viewer who has carried out all commands."""

    packager: LivePackager
    files: Viewer
    periods: dict[str, float] = field(default_factory=dict)
    lanes: dict[tuple[str, str], tuple[int, int, str]] = field(default_factory=dict)
    segments: dict[str, tuple[str, Listed]] = field(default_factory=dict)

    def look(self) -> None:
        if not self.packager.ready:
            return
        found = read(self.packager.mpd())
        assert [int(each.id) for each in found] == sorted({int(each.id) for each in found})
        for period in found:
            assert self.periods.setdefault(period.id, period.start) == period.start
            assert period.lanes
            for lane in period.lanes:
                self._look_at(period, lane)
        self._check_edge(found)

    def _look_at(self, period: Period, lane: Lane) -> None:
        known = (lane.timescale, lane.offset, lane.init)
        assert self.lanes.setdefault((period.id, lane.rendition), known) == known
        assert lane.init in self.files.objects
        window = self.packager.windows[lane.rendition]
        if not window.ended:
            assert lane.init not in self.files.deleted
        end = lane.offset - lane.timescale // 20
        for segment in lane.segments:
            assert segment.time >= end, "segments overlap, or begin before their period"
            end = segment.time + segment.ticks
            if segment.number < window.open_msn:
                self._look_at_segment(period, lane, segment)
        ahead = [each for each in lane.segments if each.number >= window.open_msn]
        assert len(ahead) <= 2
        assert not ahead or (self.packager.flowing and not window.ended)
        assert lane.folder == (f"period-{period.id}" if ahead else "")

    def _look_at_segment(self, period: Period, lane: Lane, segment: Listed) -> None:
        assert segment.name in self.files.objects, "it was never put"
        if not self.packager.windows[lane.rendition].ended:
            assert segment.name not in self.files.deleted
        before = self.segments.setdefault(segment.name, (period.id, segment))
        assert before[0] == period.id
        assert before[1].time == segment.time
        assert segment.ticks <= before[1].ticks + JOINED_S * lane.timescale
        if before[1] is segment:
            first = fragments(self.files.objects[segment.name])[0]
            assert first.rows[0].pts == segment.time

    def _check_edge(self, found: list[Period]) -> None:
        """Whatever is whole is listed, but for what gaps stand in front of and what has not come to its period yet."""
        listed = {each.name for period in found for lane in period.lanes for each in lane.segments}
        last = max((int(period.id) for period in found), default=-1)
        for window in self.packager.windows.values():
            if window.ended:
                continue
            broken = set()
            for segment in window.segments:
                if window.name == "a0" and self._parts_pictures(segment):
                    assert f"a0/{segment.file}" not in listed, "a period begins amid the pictures of another"
                    continue
                if segment.gap:
                    broken.add(segment.head.period)
                elif segment.head.period not in broken and segment.head.period <= last:
                    assert f"{window.name}/{segment.file}" in listed

    def _parts_pictures(self, sound: Segment) -> bool:
        """Whether pictures of the same number are in an older period, and the sound's own has none."""
        pictures = self.packager.windows.get("v0")
        beside = pictures.closed(sound.msn) if pictures and not pictures.ended else None
        opens = sound.head.period == sound.msn
        return opens and beside is not None and not beside.gap and beside.head.period < sound.head.period
