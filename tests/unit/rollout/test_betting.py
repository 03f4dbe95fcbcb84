"""The sequential rule on simulated streams: seldom for nothing, soon where it matters, and blind to what hits both arms."""

from __future__ import annotations

import numpy as np
import pytest

from handrail.quality.statistics.betting import PairedDay, Sequential, compared, differences

MARGIN, ALPHA = 0.02, 0.05


def stream(
    random: np.random.Generator,
    days: int,
    sizes: tuple[int, int],
    worse: float,
    *,
    spread: float = 0.005,
    crash: int | None = None,
) -> list[PairedDay]:
    """Days of both arms whose common share of bad cases is another every day; on and after `crash` it is bad for both."""
    found = []
    size = (1 - spread) / spread
    for day in range(days):
        common = random.beta(0.1 * size, 0.9 * size) + (0.3 if crash is not None and day >= crash else 0)
        counts = random.poisson(sizes[0]), random.poisson(sizes[1])
        shares = (common + worse, common)
        arms = [(random.random(n) < share).astype(float).tolist() for n, share in zip(counts, shares, strict=True)]
        found.append(PairedDay(*arms))
    return found


def hits(sizes: tuple[int, int], worse: float, histories: int, days: int, seed: int, **more: int) -> list[Sequential]:
    random = np.random.default_rng(seed)
    return [compared(stream(random, days, sizes, worse, **more), MARGIN, ALPHA) for _ in range(histories)]


@pytest.mark.parametrize("sizes", [(10, 190), (50, 50)])
def test_false_rollbacks_are_no_more_than_promised_on_the_very_margin(sizes: tuple[int, int]) -> None:
    found = hits(sizes, MARGIN, 150, 60, seed=3)
    # 150 histories at a chance of 5 % have more than 13 hits less than once in fifty.
    assert sum(one.crossed is not None for one in found) <= 13


def test_what_hits_both_arms_rolls_nothing_back() -> None:
    found = hits((50, 50), 0, 60, 40, seed=4, crash=10)
    assert sum(one.crossed is not None for one in found) <= 3


@pytest.mark.parametrize(
    ("sizes", "worse", "most"),
    [((10, 190), 0.15, 16), ((50, 150), 0.10, 9), ((100, 100), 0.10, 7), ((20, 20), 0.15, 14)],
)
def test_what_is_worse_is_noticed_in_time(sizes: tuple[int, int], worse: float, most: float) -> None:
    found = hits(sizes, worse, 40, 60, seed=5)
    assert all(one.crossed is not None for one in found)
    assert float(np.mean([(one.crossed or 0) + 1 for one in found])) <= most


def test_an_equal_candidate_is_proven_not_worse() -> None:
    found = hits((200, 200), 0, 20, 60, seed=6)
    assert sum(one.proven_on is not None for one in found) >= 18


def test_blocks_are_even_and_a_day_without_an_arm_says_nothing() -> None:
    assert differences(PairedDay([1, 0], [0, 0, 1, 1])).tolist() == [1, -1]
    assert differences(PairedDay([1, 1, 0], [0])).tolist() == pytest.approx([2 / 3])
    empty = compared([PairedDay([], [1.0]), PairedDay([1.0], [])], MARGIN, ALPHA)
    assert empty.crossed is None
    assert empty.worse == pytest.approx(1.0)


def test_a_value_that_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        compared([PairedDay([2.0], [0.0])], MARGIN, ALPHA)
