"""Which decays a synthetic room surely cannot have, told before anything runs."""

from collections.abc import Mapping
from typing import Any

from rnn_audio.errors import InputError

# The shortest T30 that the furnished room's materials allow, divided by its mean free path, is 0.029 s/m or more: in 60
# rooms of all shapes, with scattering from 0 to 1 and rates from 2 to 44.1 kHz, mostly 0.033 to 0.045 s/m.
_SHORTEST_S_PER_M = 0.027


def check_reach(signal_name: str, settings: Mapping[str, Any]) -> None:
    """Refuse a `t30_s` that is far too short for a synthetic room; other signals pass.

    The exact limits need the room's image sources, which take seconds: `furnished_room` checks them when it is made.
    A `t30_s` that is too long needs too many image sources, which `check_image_count` refuses.

    Args:
        signal_name: its name in messages.
        settings: its entry of the configuration's `signals`, which has passed `inspect_source`.

    Raises:
        InputError: naming the key.
    """
    source = settings[settings["source"]]
    if settings["source"] != "synthetic" or source["generator"] != "furnished_room":
        return
    shortest_s = _SHORTEST_S_PER_M * mean_free_path_m(*source["dimensions_m"])
    if source["t30_s"] < shortest_s:
        raise InputError(
            f"signals.{signal_name}.synthetic.t30_s: {source['t30_s']} s is out of this room's reach, which begins "
            f"above {shortest_s:.2g} s; choose a longer t30_s or a smaller room"
        )


def mean_free_path_m(length_m: float, width_m: float, height_m: float) -> float:
    """The mean distance in m between two reflections in a box: four times its volume over its surface."""
    return 2 * length_m * width_m * height_m / (length_m * width_m + length_m * height_m + width_m * height_m)
