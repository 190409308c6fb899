"""Quantities and settings in words."""

import doctest

import pytest

from rnn_audio.configuration import words
from rnn_audio.configuration.words import quantity_words, setting_words


def test_the_examples_hold() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("test_loss", "test loss"),
        ("prediction_mse_lower_quartile", "prediction MSE, lower quartile of the states"),
        ("generation.effective_length_samples", "effective length of the generation (samples)"),
        ("generation.edt_difference_percent", "EDT difference of the generation (%)"),
        ("target.power", "power of the target"),
        ("prediction.error_1_2_khz_db", "test error from 1 to 2 kHz, re target (dB)"),
        ("generation.log_spectral_distance_db", "log-spectral distance of the generation (dB)"),
        ("generation.c50_db", "C50 of the generation (dB)"),
    ],
)
def test_a_quantity_has_words_and_a_unit(quantity: str, expected: str) -> None:
    assert quantity_words(quantity) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("free_running.optimiser", "optimiser"),
        ("free_running.start_from", "starts from"),
        ("auxiliary.segment_samples", "segment length (samples)"),
        ("teacher_forcing.minimum", "minimum"),
        ("learning_rate", "learning rate"),
        ("auxiliary.pretraining_epochs", "pretraining (epochs)"),
    ],
)
def test_a_setting_has_words(key: str, expected: str) -> None:
    assert setting_words(key) == expected
