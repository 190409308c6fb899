"""Impulse response from a loudspeaker to a microphone in a furnished room: image sources with scattering."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.signals.acoustics import room_parameters
from rnn_audio.signals.loudspeaker import LOWEST_HZ, SPEED_OF_SOUND_M_S, directivity, radiate, radiated_share
from rnn_audio.signals.onset import onset_index
from rnn_audio.types import Floats

if TYPE_CHECKING:
    from pyroomacoustics import ShoeBox


SURFACES: dict[str, dict[str, float]] = {
    "floor": {"carpet_rubber_5mm": 0.5, "chairs_medium_upholstered": 0.5},
    "ceiling": {"plasterboard": 1.0},
    "west": {"plasterboard": 0.6, "curtains_cotton_0.5": 0.25, "glass_window": 0.15},
    "east": {"plasterboard": 0.3, "plywood_thin": 0.7},
    "south": {"plasterboard": 0.8, "audience_wooden_chairs_1_m2": 0.2},
    "north": {"plasterboard": 0.8, "wooden_door": 0.2},
}
"""Materials of each surface of the bedroom: shares of its area, by pyroomacoustics' names of materials.

Their absorption per octave band is from pyroomacoustics' table, which is that of Vorlaender, Auralization (2008). The
bed counts as upholstered seats and the filled bookshelf as a seated audience: the closest entries for cloth and
clutter.
"""

DISPLACEMENT_M = 0.08
"""Largest shift of a first-order image source along each axis, De Sena et al. (2015)."""

MOST_IMAGES = 1e7
"""Image sources that are computed at most: a gigabyte of memory, and about a minute."""

OCTAVES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
CALIBRATION_STEPS = 10
CALIBRATION_EXPONENTS = (0.1, 10.0)


def furnished_room(
    *,
    rate_hz: int,
    samples: int,
    dimensions_m: Sequence[float],
    source_m: Sequence[float],
    microphone_m: Sequence[float],
    t30_s: float,
    scattering: float,
    highest_hz: float,
    seed: int,
) -> Floats:
    """Simulate a furnished bedroom's response from its direct sound on, shape (samples,), at `rate_hz`.

    The room is a box with `dimensions_m` (length, width, height). A small loudspeaker at `source_m`, which plays up to
    `highest_hz`, faces along the room's length, away from the nearer end (`rnn_audio.signals.loudspeaker`). The
    microphone at `microphone_m` is omnidirectional.

    The room's materials (`SURFACES`) determine the frequency dependence. Their absorption is then scaled so that the
    broadband T30 is close to `t30_s`.

    An empty box has a regular lattice of image sources, which is heard as sweeping echoes, and energy that lingers
    between its least absorbing walls. Furniture prevents both: it scatters the share `scattering` (0 to 1) of the
    energy at each reflection.

    - An image source of order k is shifted at random by up to `DISPLACEMENT_M` sqrt(k) along each axis (randomised
      image method, De Sena, Antonello, Moonen, van Waterschoot: On the modeling of rectangular geometries in room
      acoustic simulations, IEEE/ACM TASLP 23(4), 2015).
    - Only (1 - scattering)^k of its energy is attenuated by the walls that it met. The rest has lost its direction
      and decays as in a diffuse field (Eyring): one mean reflection per mean free path 4V/S.

    The same arguments give the same samples on one machine. Raises InputError if a position lies outside the room,
    `highest_hz` is not below half the rate, or T30 cannot be reached.
    """
    check_room(dimensions_m, source_m=source_m, microphone_m=microphone_m, highest_hz=highest_hz, rate_hz=rate_hz)
    check_image_count(dimensions_m, max(samples / rate_hz, t30_s))
    if not 0 <= scattering <= 1:
        raise InputError(f"scattering: {scattering} is not a share; choose a number from 0 to 1")

    direct_m = float(np.linalg.norm(np.subtract(source_m, microphone_m)))
    # The simulated response lasts at least t30_s, so that T30 can be measured.
    reach_m = direct_m + SPEED_OF_SOUND_M_S * max(samples / rate_hz, t30_s)
    with _reproducible_simulator():
        room = _room_with_images(rate_hz, dimensions_m, source_m, microphone_m, reach_m)
        _scatter(room, scattering, t30_s, seed)
        room.compute_rir()
    radiated = radiate(room.rir[0][0], rate_hz, highest_hz)
    onset = onset_index(radiated)
    return np.array(radiated[onset : onset + samples])


def check_room(
    dimensions_m: Sequence[float],
    *,
    source_m: Sequence[float],
    microphone_m: Sequence[float],
    highest_hz: float,
    rate_hz: int,
) -> None:
    """Check what the schema cannot: positions inside the room and a range of the loudspeaker; raises InputError."""
    if not LOWEST_HZ < highest_hz < rate_hz / 2:
        raise InputError(
            f"highest_hz: {highest_hz} Hz is no upper end of the loudspeaker's range at {rate_hz} Hz; choose one "
            f"between {LOWEST_HZ:g} and {rate_hz / 2:g} Hz"
        )
    for name, position in (("source_m", source_m), ("microphone_m", microphone_m)):
        if not all(0 < place < side for place, side in zip(position, dimensions_m, strict=True)):
            raise InputError(f"{name}: {list(position)} lies outside the room {list(dimensions_m)}; move it inside")


def check_image_count(dimensions_m: Sequence[float], seconds: float) -> None:
    """Check that a response of this length needs at most `MOST_IMAGES` image sources; raises InputError.

    The simulator makes those up to the highest order k, about 4/3 k^3.
    """
    images = 4 / 3 * (SPEED_OF_SOUND_M_S * seconds * float(np.linalg.norm(1 / np.asarray(dimensions_m)))) ** 3
    if images > MOST_IMAGES:
        raise InputError(
            f"dimensions_m: {seconds:g} s in the room {list(dimensions_m)} need {images:.0e} image sources, more than "
            f"{MOST_IMAGES:.0e}; choose a larger room, a shorter t30_s or a shorter signal"
        )


@contextmanager
def _reproducible_simulator() -> Iterator[None]:
    """Sum in one thread, since the order of additions changes the result, and leave the filtering to this module.

    These settings are global in pyroomacoustics, so they are restored at the end.
    """
    from pyroomacoustics import constants

    wanted = {"num_threads": 1, "rir_hpf_enable": False, "c": SPEED_OF_SOUND_M_S}
    previous = {name: constants.get(name) for name in wanted}
    for name, value in wanted.items():
        constants.set(name, value)
    try:
        yield
    finally:
        for name, value in previous.items():
            constants.set(name, value)


def _surface_absorption(bands: int) -> dict[str, Floats]:
    """Mean absorption of each surface per octave band from 125 Hz up, weighted by area, shape (bands,)."""
    from pyroomacoustics import Material

    def per_band(name: str) -> Floats:
        coefficients = np.asarray(Material(name).energy_absorption["coeffs"])
        # Some entries of the table end at 4 kHz: above, the last value is repeated.
        return np.pad(coefficients, (0, max(0, bands - coefficients.size)), mode="edge")[:bands]

    return {
        surface: np.sum([share * per_band(name) for name, share in shares.items()], axis=0)
        for surface, shares in SURFACES.items()
    }


def _room_with_images(
    rate_hz: int,
    dimensions_m: Sequence[float],
    source_m: Sequence[float],
    microphone_m: Sequence[float],
    reach_m: float,
) -> "ShoeBox":
    """Build the box with all image sources within `reach_m` of the microphone."""
    from pyroomacoustics import Material, ShoeBox

    materials = {
        surface: Material({"description": surface, "coeffs": list(values), "center_freqs": list(OCTAVES_HZ)})
        for surface, values in _surface_absorption(len(OCTAVES_HZ)).items()
    }
    # Images of order k lie on an octahedron. Its nearest points are about k / |1/L| away, up to the size of the room.
    highest_order = int(np.ceil(reach_m * np.linalg.norm(1 / np.asarray(dimensions_m)))) + 3
    room = ShoeBox(list(dimensions_m), fs=rate_hz, materials=materials, max_order=highest_order, air_absorption=True)
    room.add_source(list(source_m))
    room.add_microphone(list(microphone_m))
    room.image_source_model()

    source = room.sources[0]
    near = np.linalg.norm(source.images - room.mic_array.R, axis=0) <= reach_m
    source.images = source.images[:, near]
    source.orders = source.orders[near]
    source.damping = source.damping[:, near]
    source.directions = source.directions[:, :, near]
    room.visibility = [visible[:, near] for visible in room.visibility]
    return room


def _scatter(room: "ShoeBox", scattering: float, t30_s: float, seed: int) -> None:
    """Shift the image sources, mix their gains with those of a diffuse field and calibrate T30, in place.

    `source.directions` has the direction in which the loudspeaker sends the sound of each image source.
    """
    source = room.sources[0]
    shifts_m = np.random.default_rng(seed).uniform(-DISPLACEMENT_M, DISPLACEMENT_M, source.images.shape)
    source.images = source.images + shifts_m * np.sqrt(source.orders)

    distances_m = np.linalg.norm(source.images - room.mic_array.R, axis=0)
    areas_m2 = np.array([wall.area() for wall in room.walls])
    reflections = np.array([1 - wall.absorption for wall in room.walls])
    reflection_counts = distances_m * areas_m2.sum() / (4 * room.get_volume())
    specular_share = (1 - scattering) ** source.orders
    specular_energy = np.square(source.damping)
    centres_hz = np.asarray(room.octave_bands.centers)
    facing = 1.0 if source.position[0] < room.get_bbox()[0].mean() else -1.0
    sent = np.square(directivity(facing * source.directions[0, 0], centres_hz))
    sent_all_around = radiated_share(centres_hz)[:, None]

    def energies(exponent: float) -> Floats:
        # Raising all reflection coefficients to one power changes the absorption and keeps them between 0 and 1.
        mean_reflection = areas_m2 @ reflections**exponent / areas_m2.sum()
        diffuse_energy = mean_reflection[:, None] ** reflection_counts
        specular = specular_share * sent * specular_energy**exponent
        return specular + (1 - specular_share) * sent_all_around * diffuse_energy

    def broadband_t30_s(exponent: float) -> float:
        return _energetic_t30_s(room, energies(exponent), distances_m)

    source.damping = np.sqrt(energies(_calibrate(broadband_t30_s, t30_s)))


def _energetic_t30_s(room: "ShoeBox", energies: Floats, distances_m: Floats) -> float:
    """T30 of the arrivals' energies without their phases: fast, and within a few per cent of the response's T30."""
    air_per_m = np.asarray(room.air_absorption)[:, None]
    received = energies * np.exp(-air_per_m * distances_m) / np.square(distances_m)
    # A click is white, so the energy of each octave is proportional to its bandwidth.
    broadband = np.asarray(room.octave_bands.get_bw()) @ received
    arrivals = np.round(distances_m / SPEED_OF_SOUND_M_S * room.fs).astype(int)
    echogram = np.bincount(arrivals, weights=broadband)
    return room_parameters(np.sqrt(echogram), room.fs).t30.seconds or np.inf


def _calibrate(t30_of: Callable[[float], float], wanted_s: float) -> float:
    """Find by bisection the exponent of the reflections that gives a T30 of `wanted_s`: a larger one shortens T30."""
    low, high = CALIBRATION_EXPONENTS
    shortest_s, longest_s = t30_of(high), t30_of(low)
    if not shortest_s < wanted_s < longest_s:
        raise InputError(
            f"t30_s: {wanted_s} s is out of this room's reach; choose one from {shortest_s:.2f} to {longest_s:.2f} s"
        )
    for _ in range(CALIBRATION_STEPS):
        middle = np.sqrt(low * high)
        low, high = (low, middle) if t30_of(middle) < wanted_s else (middle, high)
    return float(np.sqrt(low * high))
