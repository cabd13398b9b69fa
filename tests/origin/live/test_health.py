from __future__ import annotations

from origin.live.health import MOST, Health


def test_one_remark_a_code_with_the_newest_sentence_and_a_count() -> None:
    health = Health()
    health.remark("long_gop", "8 s", 1.0)
    health.remark("other", "x", 2.0)
    health.remark("long_gop", "9 s", 3.0)
    assert [(r.code, r.sentence, r.at, r.count) for r in health.remarks] == [
        ("other", "x", 2.0, 1),
        ("long_gop", "9 s", 3.0, 2),
    ]


def test_remarks_are_bounded() -> None:
    health = Health()
    for number in range(MOST + 10):
        health.remark(f"code_{number}", "", 0.0)
    assert len(health.remarks) == MOST
    assert health.remarks[0].code == "code_10"


def test_what_is_withdrawn_is_gone_and_counts_anew() -> None:
    health = Health()
    health.withdraw("long_gop")
    health.remark("long_gop", "8 s", 1.0)
    health.remark("long_gop", "8 s", 2.0)
    health.remark("other", "x", 3.0)
    health.withdraw("long_gop")
    assert [remark.code for remark in health.remarks] == ["other"]
    health.remark("long_gop", "9 s", 4.0)
    assert [(r.code, r.sentence, r.count) for r in health.remarks] == [("other", "x", 1), ("long_gop", "9 s", 1)]
