from __future__ import annotations

from origin.live.wall import RECENT, WallAnchor


def test_jitter_does_not_move_the_anchor() -> None:
    anchor = WallAnchor(1_000.0)
    for step in range(100):
        late = 2.0 if step % 5 == 0 else 0.05
        assert not anchor.observe(1_000.0 + 2 * step + late, 2.0 * step)
    assert anchor.at_zero == 1_000.0


def test_a_late_first_frame_is_made_good_before_anybody_sees_a_date() -> None:
    anchor = WallAnchor(1_000.4)  # the first frame came 0.4 s late, those after it catch up
    for frame in range(60):
        anchor.observe(1_000.0 + frame / 30 + max(0.4 - frame / 30, 0.02), frame / 30)
        assert anchor.settling == (frame < 45)
    assert round(anchor.at_zero, 6) == 1_000.02


def test_a_mended_pause_moves_it_once_all_observations_agree() -> None:
    anchor = WallAnchor(1_000.0)
    anchor.observe(1_000.0, 0.0)
    moved = [anchor.observe(1_010.0 + 2 * step, 2.0 * step) for step in range(1, RECENT + 4)]
    assert moved.index(True) == RECENT - 1
    assert moved.count(True) == 1
    assert anchor.at_zero == 1_010.0


def test_observations_too_near_each_other_count_once() -> None:
    anchor = WallAnchor(0.0)
    anchor.observe(0.0, 0.0)
    assert not any(anchor.observe(50.0 + step * 0.02, step * 0.02) for step in range(75, 175))
