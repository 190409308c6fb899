import base64
import zlib
from pathlib import Path

import numpy as np
import pytest
from support.shown_results import DEVICE_S, LOW_HZ, RATE_HZ, ROOM_SAMPLES, write_results

from rnn_audio.reporting.page.decks import (
    Deck,
    convolution_decks,
    device_decks,
    packed_deck,
    signal_decks,
)
from rnn_audio.types import Settings
from rnn_audio.wav import read_wav


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Settings]:
    """Results and their plan. Tests only read them."""
    results = tmp_path_factory.mktemp("shown") / "results"
    return results, write_results(results)


def samples_of(packed: str) -> np.ndarray:
    layers = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).astype(np.int64)
    folded = layers[: layers.size // 2] + 256 * layers[layers.size // 2 :]
    bends = (folded >> 1) ^ -(folded & 1)
    return np.cumsum(np.cumsum(bends)).astype(np.uint16).view(np.int16)


def kinds(deck: Deck) -> list[tuple[str | None, list[str]]]:
    return [(row.configuration, [sound.kind for sound in row.sounds]) for row in deck.rows]


def test_a_signal_has_a_deck_at_each_rate_with_its_configurations(shown: tuple[Path, Settings]) -> None:
    own = ["Prediction", "Error", "Generation"]
    decks = {deck.rate_hz: deck for deck in signal_decks(*shown)}
    assert kinds(decks[RATE_HZ]) == [(None, ["Target"]), ("assisted", own)]
    assert kinds(decks[LOW_HZ]) == [(None, ["Target"]), ("low", own)]


def test_an_error_is_target_minus_prediction(shown: tuple[Path, Settings]) -> None:
    results, plan = shown
    deck = next(deck for deck in signal_decks(results, plan) if deck.rate_hz == LOW_HZ)
    target, _ = read_wav(results / f"signals/room/{LOW_HZ}.wav")
    prediction, _ = read_wav(results / "predictions/low.wav")
    np.testing.assert_array_equal(deck.rows[1].sounds[1].samples, target - prediction)
    assert deck.rows[1].sounds[1].file is None


def test_a_device_is_heard_where_its_target_is_loudest(shown: tuple[Path, Settings]) -> None:
    results, plan = shown
    (deck,) = device_decks(results, plan)
    assert kinds(deck) == [
        (None, ["Input", "Target"]),
        *((name, ["Prediction", "Error"]) for name in ("amplifier", "theirs")),
    ]
    assert "Seconds 3 to 8 of the test set" in deck.note
    whole, _ = read_wav(results / "errors/amplifier.wav")
    np.testing.assert_array_equal(deck.rows[1].sounds[1].samples, whole[3 * RATE_HZ : DEVICE_S * RATE_HZ])


def test_a_convolution_has_both_rooms_of_each_configuration_by_rate(shown: tuple[Path, Settings]) -> None:
    decks = convolution_decks(*shown, "in_room")
    own = ["In the learned room", "In the generated room"]
    assert [kinds(deck) for deck in decks] == [[("low", own)], [("assisted", own)]]
    assert [deck.top_hz for deck in decks] == [LOW_HZ / 2, RATE_HZ / 2]


def test_a_rate_that_browsers_lack_is_raised_to_a_multiple(shown: tuple[Path, Settings]) -> None:
    deck = next(deck for deck in signal_decks(*shown) if deck.rate_hz == LOW_HZ)
    told, packed = packed_deck(deck)
    assert told["rate"] == 8 * LOW_HZ
    assert [len(samples_of(own["sound"])) for own in packed] == [8 * ROOM_SAMPLES[LOW_HZ]] * 4


def test_sounds_have_one_gain_unless_one_would_clip_which_says_so(shown: tuple[Path, Settings]) -> None:
    deck = next(deck for deck in signal_decks(*shown) if deck.rate_hz == RATE_HZ)
    _, packed = packed_deck(deck)
    played = [samples_of(own["sound"]) / 32768 for own in packed]
    sounds = [sound.samples for row in deck.rows for sound in row.sounds]
    gain = 0.7 / np.abs(sounds[0]).max()
    for heard, sound, own in zip(played, sounds, packed, strict=True):
        quieter = 10 ** (-own["quieter_db"] / 20)
        np.testing.assert_allclose(heard, sound * gain * quieter, rtol=0.01, atol=1 / 32768)
        assert np.abs(heard).max() < 1
    too_loud = [np.abs(sound).max() * gain > 1 for sound in sounds]
    assert [own["quieter_db"] > 0 for own in packed] == too_loud
    assert (too_loud[0], too_loud[-1]) == (False, True)


def test_what_is_not_made_is_named_and_a_signal_without_a_target_has_no_deck(shown: tuple[Path, Settings]) -> None:
    _, plan = shown
    assert signal_decks(Path("nowhere"), plan) == device_decks(Path("nowhere"), plan) == []
    assert [deck.missing for deck in convolution_decks(Path("nowhere"), plan, "in_room")] == [["low"], ["assisted"]]
