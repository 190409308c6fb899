"""The schedules of a free-running training, against what their definitions give."""

import itertools
import math
from dataclasses import replace

import pytest
from support.free_running import PLAIN

from rnn_audio.training.free_running_method import DecayTerm
from rnn_audio.training.horizon import Horizon


def rates(shape: str, warm_up_share: float, epochs: int) -> list[float]:
    method = replace(PLAIN, learning_rate=2.0, learning_rate_shape=shape, warm_up_share=warm_up_share)
    return [method.learning_rate_at(epoch, epochs) for epoch in range(epochs)]


def steps(start_samples: int, full_at_share: float, epochs: int, samples: int, growth: float = 2.0) -> list[int]:
    method = replace(PLAIN, horizon=Horizon(start_samples, full_at_share, growth))
    return [method.steps_at(epoch, epochs, samples) for epoch in range(epochs)]


def test_a_constant_learning_rate_is_constant() -> None:
    assert rates("constant", 0.0, 7) == [2.0] * 7


def test_a_cosine_starts_high_is_at_half_in_the_middle_and_ends_one_step_before_nought() -> None:
    cosine = rates("cosine", 0.0, 6)
    # cos²(epoch π / 12): 1, 3/4 at 30 degrees, 1/2 at 45, 1/4 at 60; behind the last epoch it would be 0.
    assert [cosine[0], cosine[2], cosine[3], cosine[4]] == pytest.approx([2, 1.5, 1, 0.5])
    assert cosine[5] == pytest.approx(2 - cosine[1])
    assert cosine == sorted(cosine, reverse=True)
    assert cosine[5] > 0


def test_a_cosine_can_wait_before_it_falls() -> None:
    method = replace(PLAIN, learning_rate=2.0, learning_rate_shape="cosine", warm_up_share=0.0, fall_from_share=0.4)
    late = [method.learning_rate_at(epoch, 10) for epoch in range(10)]
    # From epoch 4 on it is the cosine of six epochs.
    assert late == pytest.approx([2.0] * 4 + rates("cosine", 0.0, 6))


def test_the_learning_rate_warms_up_evenly_over_its_share_of_the_epochs() -> None:
    assert rates("constant", 0.4, 10) == pytest.approx([0.5, 1.0, 1.5, *[2.0] * 7])
    assert rates("constant", 1.0, 4) == pytest.approx([0.5, 1.0, 1.5, 2.0])


def test_a_cosine_that_warms_up_is_the_product_of_both() -> None:
    both, cosine, warm_up = (rates(*arguments, 10) for arguments in (("cosine", 0.3), ("cosine", 0), ("constant", 0.3)))
    assert both == pytest.approx([fall * rise / 2 for fall, rise in zip(cosine, warm_up, strict=True)])


def test_a_warm_up_of_less_than_an_epoch_is_none() -> None:
    assert rates("constant", 0.01, 10) == [2.0] * 10


def test_without_a_horizon_the_whole_signal_is_learned() -> None:
    assert [PLAIN.steps_at(epoch, 3, 100) for epoch in range(3)] == [100] * 3


def test_the_horizon_doubles_in_equal_stages_until_its_share_of_the_epochs() -> None:
    # 100 samples from 16: stages of 16, 32 and 64, then the whole; three stages in 60 % of 10 epochs.
    assert steps(16, 0.6, epochs=10, samples=100) == [16, 16, 32, 32, 64, 64, 100, 100, 100, 100]
    assert steps(16, 0.6, epochs=10, samples=64) == [16, 16, 16, 32, 32, 32, 64, 64, 64, 64]


def test_a_stage_takes_its_part_of_a_doubling_and_the_first_a_whole_one() -> None:
    # Stages 4 times as long as the last take 2 doublings; of the square root of 2, half a one.
    assert steps(16, 2 / 3, epochs=9, samples=256, growth=4.0) == [16, 16, 64, 64, 64, 64, 256, 256, 256]
    assert steps(50, 0.5, epochs=10, samples=200, growth=math.sqrt(2)) == [50, 50, 70, 100, 141, *[200] * 5]


def grown(stage: int, epoch: int, growth: float = 2.0) -> int:
    method = replace(PLAIN, horizon=Horizon(16, full_at_share=0.75, growth=growth, grow_below=0.1))
    return method.steps_at(epoch, 8, 100, stage)


def test_a_horizon_that_waits_for_the_error_has_one_length_in_a_stage_whatever_the_epoch() -> None:
    for epoch in (0, 5):
        assert [grown(stage, epoch) for stage in range(5)] == [16, 32, 64, 100, 100]
    assert [grown(stage, 0, growth=1.5) for stage in range(6)] == [16, 24, 36, 54, 81, 100]
    assert grown(10**6, 0, growth=16.0) == 100


def test_a_horizon_that_waits_for_the_error_is_whole_behind_its_share_of_the_epochs() -> None:
    assert [grown(0, epoch) for epoch in (5, 6, 7)] == [16, 100, 100]
    late = replace(PLAIN, horizon=Horizon(16, full_at_share=1.0, grow_below=0.1))
    assert [late.steps_at(epoch, 8, 100) for epoch in (6, 7)] == [16, 100]


def test_a_stage_ends_below_its_share_of_the_stretchs_energy() -> None:
    waits = replace(PLAIN, horizon=Horizon(16, 0.5, grow_below=0.1))
    assert [waits.ends_stage(error, 20.0, whole_energy=50.0) for error in (1.9, 2.1, math.nan)] == [True, False, False]
    for by_the_clock in (PLAIN, replace(PLAIN, horizon=Horizon(16, 0.5))):
        assert not by_the_clock.ends_stage(0.0, 20.0, whole_energy=50.0)


def test_a_silent_stretch_is_learned_once_its_error_is_faint_beside_the_whole_signal() -> None:
    waits = replace(PLAIN, horizon=Horizon(16, 0.5, grow_below=0.1))
    assert [waits.ends_stage(error, 0.0, whole_energy=50.0) for error in (0.0049, 0.0051)] == [True, False]


def test_every_stage_is_longer_than_the_last_also_where_the_growth_is_less_than_a_sample() -> None:
    method = replace(PLAIN, horizon=Horizon(2, full_at_share=1.0, growth=1.001, grow_below=0.1))
    assert [method.steps_at(0, 2, 10, stage) for stage in range(10)] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 10]


@pytest.mark.parametrize("growth", [1.001, 1.05, 2.0, 16.0])
@pytest.mark.parametrize("share", [0.05, 0.33, 0.999, 1.0])
@pytest.mark.parametrize("epochs", [1, 2, 5, 31])
def test_the_last_epoch_learns_the_whole_signal_and_no_epoch_less_than_the_one_before(
    share: float, epochs: int, growth: float
) -> None:
    horizon = steps(3, share, epochs, samples=1000, growth=growth)
    assert horizon[-1] == 1000
    assert horizon == sorted(horizon)


def test_a_share_of_nought_learns_the_whole_signal_at_once() -> None:
    assert steps(4, 0.0, epochs=3, samples=100) == [100] * 3


@pytest.mark.parametrize("start_samples", [100, 101, 5000])
def test_a_horizon_as_long_as_the_signal_is_the_signal(start_samples: int) -> None:
    assert steps(start_samples, 0.5, epochs=3, samples=100) == [100] * 3


def test_the_decay_term_comes_in_at_its_share_of_the_epochs() -> None:
    method = replace(PLAIN, decay=DecayTerm(weight=0.5, range_db=30, from_share=0.6))
    assert [method.decay_weight_at(epoch, 5) for epoch in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert [PLAIN.decay_weight_at(epoch, 5) for epoch in range(5)] == [0] * 5


def test_the_decay_term_may_rise_to_its_weight_by_equal_factors() -> None:
    method = replace(PLAIN, decay=DecayTerm(weight=0.5, range_db=30, from_share=0.2, start_weight=0.005))
    weights = [method.decay_weight_at(epoch, 200) for epoch in range(200)]
    assert weights[:40] == [0] * 40
    assert weights[40] == 0.005
    assert weights[-10:] == [pytest.approx(0.5)] * 10
    steps = sorted(set(weights[40:]))
    assert steps == list(dict.fromkeys(weights[40:]))
    assert len(steps) == 16
    factors = [after / before for before, after in itertools.pairwise(steps)]
    assert factors == pytest.approx([100 ** (1 / 15)] * 15)
