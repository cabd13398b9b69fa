from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.hls.reload import Decision, ReloadError, ReloadQuery, decide, parse_query
from packager.hls.segment import Part
from packager.hls.window import Window


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        (b"", ReloadQuery()),
        (b"_HLS_msn=7", ReloadQuery(7)),
        (b"_HLS_msn=7&_HLS_part=0", ReloadQuery(7, 0)),
        (b"_HLS_part=3&_HLS_msn=7&_HLS_skip=YES", ReloadQuery(7, 3, skip=True)),
        (b"_HLS_skip=v2", ReloadQuery(skip=True)),
        (b"_HLS_skip=NO", ReloadQuery()),
        (b"x=1&x=2&&_hls_msn=7&CMCD=a%3D1", ReloadQuery()),
    ],
)
def test_queries_that_mean_something(query: bytes, meaning: ReloadQuery) -> None:
    assert parse_query(query) == meaning


@pytest.mark.parametrize(
    "query",
    [
        b"_HLS_part=1",
        b"_HLS_msn=",
        b"_HLS_msn",
        b"_HLS_msn=-1",
        b"_HLS_msn=1.5",
        b"_HLS_msn=1&_HLS_part=x",
        b"_HLS_msn=" + b"9" * 19,
        b"_HLS_msn=%37",
        b"_HLS_msn=7&_HLS_msn=7",
        b"_HLS_msn=7&_HLS_part=1&_HLS_part=2",
        b"_HLS_skip=YES&_HLS_skip=NO",
    ],
)
def test_queries_that_mean_nothing(query: bytes) -> None:
    with pytest.raises(ReloadError):
        parse_query(query)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_query_or_refused(query: bytes) -> None:
    try:
        parsed = parse_query(query)
    except ReloadError:
        return
    assert parsed.part is None or parsed.msn is not None


def window(*, ended: bool = False, target: int | None = 2, low_latency: bool = True) -> Window:
    """Segments 3 and 4 of two parts each, and part 0 of segment 5."""
    made = Window("v0", media_sequence=3, discontinuity_sequence=0, low_latency=low_latency)
    for msn in 3, 4, 5:
        made.begin_segment("1-init-0.mp4", 0.0, discontinuity=False)
        for part in range(2 if msn < 5 else 1):
            made.add_part(Part(f"1-{msn}.{part}.m4s", 1.0, independent=part == 0, size=9), f"1-{msn}.{part + 1}.m4s")
        if msn < 5:
            made.close_segment(f"1-{msn}.m4s", 2.0, 18, f"1-{msn + 1}.0.m4s")
    made.target_duration, made.part_target = target, 1.0 if low_latency else 0.0
    if ended:
        made.end()
    return made


READY, WAIT = Decision.READY, Decision.WAIT


@pytest.mark.parametrize(
    ("msn", "part", "decision"),
    [
        (None, None, READY),
        (0, None, READY),
        (4, None, READY),
        (4, 1, READY),
        (4, 2, READY),
        (5, 0, READY),
        (5, 1, WAIT),
        (5, None, WAIT),
        (6, None, WAIT),
        (7, 0, WAIT),
    ],
)
def test_who_waits(msn: int | None, part: int | None, decision: Decision) -> None:
    assert decide(window(), ReloadQuery(msn, part)) is decision


@pytest.mark.parametrize(("msn", "part"), [(8, None), (8, 0), (5, 4), (10**17, None)])
def test_too_far_ahead(msn: int, part: int | None) -> None:
    with pytest.raises(ReloadError):
        decide(window(), ReloadQuery(msn, part))


@pytest.mark.parametrize(
    ("msn", "part", "decision"),
    [
        (None, None, READY),
        (4, None, READY),
        (3, 0, READY),
        (4, 0, WAIT),
        (4, 2, WAIT),
        (5, None, WAIT),
        (5, 0, WAIT),
        (5, 2, WAIT),
        (6, None, WAIT),
    ],
)
def test_who_waits_where_no_parts_are_told_of(msn: int | None, part: int | None, decision: Decision) -> None:
    assert decide(window(low_latency=False), ReloadQuery(msn, part)) is decision


@pytest.mark.parametrize(("msn", "part"), [(7, None), (5, 3), (6, 3)])
def test_too_far_ahead_where_no_parts_are_told_of(msn: int, part: int | None) -> None:
    with pytest.raises(ReloadError):
        decide(window(low_latency=False), ReloadQuery(msn, part))


def test_without_a_target_duration_everybody_waits() -> None:
    assert decide(window(target=None), ReloadQuery()) is WAIT
    assert decide(window(target=None), ReloadQuery(4)) is WAIT


def test_what_has_ended_is_answered_at_once() -> None:
    assert decide(window(ended=True), ReloadQuery(9, 9)) is READY
