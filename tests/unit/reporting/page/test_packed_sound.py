import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnn_audio.reporting.page.sound import pack, player_script, to_pcm16


def test_samples_are_rounded_to_the_nearest_of_16_bits_and_clipped() -> None:
    samples = np.array([0, 0.4 / 32768, 0.6 / 32768, -0.6 / 32768, 1, -1, 1.5, -1.5])
    assert to_pcm16(samples).tolist() == [0, 0, 1, -1, 32767, -32768, 32767, -32768]


def unpacked(text: str) -> NDArray[np.int16]:
    """What `pack` packed, by the inverse of each of its steps in turn."""
    import base64
    import zlib

    layers = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).astype(np.int64)
    folded = layers[: layers.size // 2] + 256 * layers[layers.size // 2 :]
    bends = np.where(folded % 2 == 0, folded // 2, -(folded + 1) // 2)
    return np.cumsum(np.cumsum(bends)).astype(np.uint16).view(np.int16)


@given(st.lists(st.integers(-32768, 32767), max_size=40))
def test_packing_loses_nothing(samples: list[int]) -> None:
    assert unpacked(pack(np.array(samples, dtype=np.int16))).tolist() == samples


def test_packing_makes_a_smooth_sound_smaller() -> None:
    sine = to_pcm16(0.5 * np.sin(np.arange(44100) * 0.05))
    assert len(pack(sine)) < 0.4 * sine.nbytes


def test_the_player_can_stand_in_a_page() -> None:
    assert "</" not in player_script()


@pytest.mark.parametrize("word", ["fetch(", "XMLHttpRequest", "http:", "https:", "eval("])
def test_the_player_asks_nobody(word: str) -> None:
    assert not re.search(re.escape(word), player_script())
