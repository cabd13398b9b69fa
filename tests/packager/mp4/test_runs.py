from __future__ import annotations

from itertools import chain, repeat

from hypothesis import given
from hypothesis import strategies as st

from packager.mp4.runs import Runs

VALUES = st.lists(st.integers(-3, 3))


def unrolled(runs: Runs) -> list[int]:
    pairs = zip(runs.table[0::2], runs.table[1::2], strict=True)
    values = chain.from_iterable(repeat(value, count) for count, value in pairs)
    return [value - 2**32 if value >= 2**31 else value for value in values]


@given(st.lists(VALUES))
def test_values_come_back_in_as_few_runs_as_there_are(batches: list[list[int]]) -> None:
    runs = Runs()
    for batch in batches:
        runs.extend(batch)
    values = list(chain.from_iterable(batches))
    assert unrolled(runs) == values
    assert all(one != other for one, other in zip(runs.table[1::2], runs.table[3::2], strict=False))
    assert runs.trivial is not any(values)
    assert runs.negative is any(value < 0 for value in values)


@given(VALUES, VALUES)
def test_tables_are_put_together(one: list[int], other: list[int]) -> None:
    runs, more = Runs(), Runs()
    runs.extend(one)
    more.extend(other)
    runs.append(more)
    assert unrolled(runs) == [*one, *other]
    assert all(one != other for one, other in zip(runs.table[1::2], runs.table[3::2], strict=False))


@given(VALUES.filter(bool), st.integers(0, 3))
def test_the_last_value_can_be_replaced(values: list[int], other: int) -> None:
    runs = Runs()
    runs.extend(values)
    assert runs.last == values[-1] % 2**32
    runs.replace_last(other)
    assert unrolled(runs) == [*values[:-1], other]


@given(st.lists(VALUES))
def test_a_table_is_cut_where_it_was_put_together(batches: list[list[int]]) -> None:
    runs = Runs()
    for batch in batches:
        runs.extend(batch)
    assert [unrolled(piece) for piece in runs.split([len(batch) for batch in batches])] == batches
