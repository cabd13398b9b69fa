from __future__ import annotations

from origin.live.spool import Spool
from packager.commands import Life, Put


def part(msn: int, number: int, rendition: str = "v0") -> Put:
    return Put(f"{rendition}/1-{msn}.{number}.m4s", (b"%d.%d" % (msn, number),), Life.EDGE)


def segment(msn: int, rendition: str = "v0") -> Put:
    return Put(f"{rendition}/1-{msn}.m4s", (b"%d.0" % msn, b"%d.1" % msn), Life.STORED)


def grow(spool: Spool, msns: range, *, durable: bool = True) -> None:
    for msn in msns:
        spool.put(part(msn, 0))
        spool.put(part(msn, 1))
        spool.put(segment(msn))
        if durable:
            spool.durable(f"v0/1-{msn}.m4s")


def test_newest_segments_and_their_parts_are_in_memory() -> None:
    spool = Spool(generations=3)
    grow(spool, range(10))
    assert spool.get("v0/1-6.m4s") is None
    assert spool.get("v0/1-6.0.m4s") is None
    assert spool.get("v0/1-7.m4s") == (b"7.0", b"7.1")
    assert spool.get("v0/1-9.1.m4s") == (b"9.1",)
    assert len(spool) == 9


def test_a_segment_that_is_not_durable_stays_until_it_is() -> None:
    spool = Spool(generations=2)
    grow(spool, range(5), durable=False)
    assert spool.get("v0/1-0.m4s") is not None
    assert spool.get("v0/1-0.0.m4s") is None
    spool.durable("v0/1-0.m4s")
    assert spool.get("v0/1-0.m4s") is None
    spool.durable("v0/1-4.m4s")
    assert spool.get("v0/1-4.m4s") is not None


def test_renditions_do_not_push_each_other_out() -> None:
    spool = Spool(generations=1)
    spool.put(segment(1, "v0"))
    spool.put(segment(1, "a0"))
    spool.durable("v0/1-1.m4s")
    assert spool.get("v0/1-1.m4s") is not None


def test_init_segments_stay_until_dropped() -> None:
    spool = Spool(generations=1)
    spool.put(Put("v0/1-init-0.mp4", (b"init",), Life.STORED))
    spool.durable("v0/1-init-0.mp4")
    grow(spool, range(4))
    assert spool.get("v0/1-init-0.mp4") == (b"init",)
    spool.drop("v0/1-init-0.mp4")
    assert spool.get("v0/1-init-0.mp4") is None
