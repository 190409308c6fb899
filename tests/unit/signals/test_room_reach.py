"""The early check of a room's decay refuses what no such room can have."""

from typing import Any

import pytest
from support.configurations import shipped_config

from rnn_audio.errors import InputError
from rnn_audio.signals.generators import synthesise
from rnn_audio.signals.room_reach import check_reach, mean_free_path_m


def signal(t30_s: float, dimensions_m: list[float], scattering: float = 0.5) -> dict[str, Any]:
    places = {"source_m": [0.3 * side for side in dimensions_m], "microphone_m": [0.8 * side for side in dimensions_m]}
    keys = {"dimensions_m": dimensions_m, "t30_s": t30_s, "scattering": scattering, "highest_hz": 3000, "seed": 1}
    return {"source": "synthetic", "synthetic": {"generator": "furnished_room", "rate_hz": 8000, **places, **keys}}


def test_the_mean_free_path_of_a_cube_is_two_thirds_of_its_side() -> None:
    assert mean_free_path_m(3.0, 3.0, 3.0) == pytest.approx(2.0)


def test_a_decay_that_is_too_short_is_named_with_its_limit() -> None:
    check_reach("hall", signal(0.055, [3.0, 3.0, 3.0]))
    with pytest.raises(InputError, match=r"signals\.hall\.synthetic\.t30_s: 0\.053 s .* above 0\.054 s; choose"):
        check_reach("hall", signal(0.053, [3.0, 3.0, 3.0]))


@pytest.mark.parametrize("dimensions_m", [[4.0, 3.0, 2.5], [9.0, 2.0, 3.0], [8.0, 7.0, 5.0]], ids=str)
@pytest.mark.parametrize("scattering", [0.0, 1.0])
def test_the_room_itself_refuses_whatever_the_early_check_refuses(dimensions_m: list[float], scattering: float) -> None:
    limit_s = 0.027 * mean_free_path_m(*dimensions_m)
    source = signal(limit_s, dimensions_m, scattering=scattering)["synthetic"]
    own_keys = {key: value for key, value in source.items() if key not in ("generator", "rate_hz")}
    with pytest.raises(InputError, match=r"t30_s: .* is out of this room's reach; choose one from"):
        synthesise("furnished_room", rate_hz=8000, samples=100, own_keys=own_keys)


def test_the_shipped_room_and_other_signals_pass() -> None:
    for name, settings in shipped_config()["signals"].items():
        check_reach(name, settings)
    check_reach("mine", {"source": "file", "file": {"path": "hall.wav"}})
    check_reach("sine", {"source": "synthetic", "synthetic": {"generator": "sine", "rate_hz": 8000}})
