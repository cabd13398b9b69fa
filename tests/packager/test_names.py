from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from packager.names import Names, epoch_of, in_period, init_place, is_init, is_part, number_of, rendition_of


def test_names_are_those_of_the_contract() -> None:
    names = Names("v0", epoch=5)
    assert names.init(2) == "5-init-2.mp4"
    assert names.segment(7) == "5-7.m4s"
    assert names.part(7, 3) == "5-7.3.m4s"
    assert names.within("5-7.m4s") == "v0/5-7.m4s"


def test_a_name_tells_its_rendition_and_whether_it_is_an_init_segment() -> None:
    assert rendition_of("a0/5-7.3.m4s") == "a0"
    assert is_init("v0/5-init-2.mp4")
    assert not is_init("v0/5-7.m4s")


def test_a_part_is_told_from_its_segment() -> None:
    assert [is_part(name) for name in ("v0/5-7.3.m4s", "5-7.0.m4s")] == [True, True]
    assert not any(map(is_part, ("v0/5-7.m4s", "v0/5-init-2.mp4", "v0/index.m3u8", "v0/index.m3u8.jws", "")))


def test_a_period_is_a_folder() -> None:
    assert in_period(4) + Names("v0", epoch=5).segment(7) == "period-4/5-7.m4s"


def test_init_segments_have_an_order() -> None:
    names = [
        Names("v0", epoch).within(Names("v0", epoch).init(number))
        for epoch, number in ((2, 0), (2, 9), (2, 10), (10, 1))
    ]
    assert sorted(names, key=init_place) == names


def test_the_name_of_a_segment_or_part_tells_its_number() -> None:
    assert [number_of(name) for name in ("v0/5-7.m4s", "v0/5-7.3.m4s", "5-1234.m4s")] == [7, 7, 1234]
    assert [number_of(name) for name in ("v0/5-init-2.mp4", "v0/index.m3u8", "", "v0/5-x.m4s")] == [-1] * 4


def test_the_name_of_any_media_tells_its_epoch() -> None:
    assert [epoch_of(name) for name in ("v0/5-7.m4s", "v0/12-7.3.m4s", "3-init-2.mp4")] == [5, 12, 3]
    assert [epoch_of(name) for name in ("v0/index.m3u8", "index.m3u8.jws", "package.json", "x-7.m4s", "")] == [-1] * 5


NUMBERS = st.integers(0, 10**9)


@given(st.sets(st.tuples(st.sampled_from(["v0", "v1", "a0"]), NUMBERS, NUMBERS, NUMBERS), min_size=2))
def test_no_two_things_share_a_name(things: set[tuple[str, int, int, int]]) -> None:
    """Another rendition, writer, segment or part is another name; so nothing that was put is ever put over."""
    parts = {Names(name, epoch).within(Names(name, epoch).part(msn, part)) for name, epoch, msn, part in things}
    segments = {Names(name, epoch).within(Names(name, epoch).segment(msn)) for name, epoch, msn, _ in things}
    inits = {Names(name, epoch).within(Names(name, epoch).init(number)) for name, epoch, number, _ in things}
    assert len(parts) == len(things)
    assert len(segments) == len(inits) == len({thing[:3] for thing in things})
    assert parts.isdisjoint(segments | inits)
    assert segments.isdisjoint(inits)
