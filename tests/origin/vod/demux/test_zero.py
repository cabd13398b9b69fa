from __future__ import annotations

from origin.vod.demux.zero import First, Shift, shifts


def test_priming_moves_pictures_as_well() -> None:
    assert shifts([First(90_000, -6000, 0), First(48_000, -1024, -1024)]) == [Shift(6000, 1920), Shift(1024, 1024)]


def test_a_film_that_begins_late_begins_with_0_and_keeps_the_distance_of_its_tracks() -> None:
    assert shifts([First(90_000, 126_000, 129_000), First(48_000, 48_000, 48_000)]) == [
        Shift(-90_000, -90_000),
        Shift(-48_000, -48_000),
    ]


def test_decoding_begins_with_0_where_pictures_are_shown_at_once_as_well() -> None:
    assert shifts([First(1000, 0, 80)]) == [Shift(0, -80)]
