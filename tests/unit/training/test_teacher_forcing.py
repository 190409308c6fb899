import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_audio.training.teacher_forcing import TeacherForcing

fractions = st.floats(min_value=0, max_value=1)
schedules = st.one_of(
    st.just("always"),
    st.just("never"),
    st.builds(
        lambda start, slope, share: {
            "schedule": "linear",
            "start": start,
            "slope_per_epoch": slope,
            "minimum": share * start,
        },
        st.floats(min_value=0, max_value=1, exclude_min=True),
        st.floats(min_value=0, max_value=10),
        fractions,
    ),
    st.builds(
        lambda base: {"schedule": "exponential", "base": base},
        st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True),
    ),
    st.builds(lambda k: {"schedule": "inverse_sigmoid", "k_epochs": k}, st.floats(min_value=1, max_value=1e6)),
)


def probability(settings: str | dict[str, Any], epoch: int) -> float:
    return TeacherForcing.from_settings(settings).probability(epoch)


@pytest.mark.parametrize("epoch", [0, 1, 10**6])
def test_always_is_one_and_never_is_zero(epoch: int) -> None:
    assert probability("always", epoch) == 1
    assert probability("never", epoch) == 0


@pytest.mark.parametrize(("epoch", "expected"), [(0, 0.9), (1, 0.8), (5, 0.4), (6, 0.3), (7, 0.25), (1000, 0.25)])
def test_linear_falls_by_its_slope_to_its_floor(epoch: int, expected: float) -> None:
    settings = {"schedule": "linear", "start": 0.9, "slope_per_epoch": 0.1, "minimum": 0.25}
    assert probability(settings, epoch) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("epoch", "expected"), [(0, 1.0), (1, 0.5), (3, 0.125), (10, 1 / 1024)])
def test_exponential_is_a_power_of_its_base(epoch: int, expected: float) -> None:
    assert probability({"schedule": "exponential", "base": 0.5}, epoch) == expected


@pytest.mark.parametrize("k", [1, 12, 40.5])
@pytest.mark.parametrize("epoch", [0, 1, 5, 100])
def test_inverse_sigmoid_is_bengios_formula(k: float, epoch: int) -> None:
    settings = {"schedule": "inverse_sigmoid", "k_epochs": k}
    assert probability(settings, epoch) == pytest.approx(k / (k + math.exp(epoch / k)), rel=1e-12)


def test_inverse_sigmoid_is_one_half_where_the_exponential_reaches_k() -> None:
    k = 10.0
    assert probability({"schedule": "inverse_sigmoid", "k_epochs": k}, 23) == pytest.approx(0.5, abs=0.01)
    assert pytest.approx(k * math.log(k), abs=0.1) == 23


def test_late_epochs_vanish_and_do_not_overflow() -> None:
    for settings in ({"schedule": "inverse_sigmoid", "k_epochs": 1}, {"schedule": "exponential", "base": 0.5}):
        assert probability(settings, 10**8) == 0


@given(settings=schedules, epoch=st.integers(0, 10**6))
def test_every_schedule_is_a_probability_that_never_rises(settings: str | dict[str, Any], epoch: int) -> None:
    schedule = TeacherForcing.from_settings(settings)
    now, later = schedule.probability(epoch), schedule.probability(epoch + 1)
    assert 0 <= later <= now <= 1


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(ValueError, match="cosine"):
        probability("cosine", 0)


def test_an_unknown_constant_is_refused() -> None:
    with pytest.raises(TypeError, match="slope"):
        probability({"schedule": "linear", "slope": 0.1}, 0)
