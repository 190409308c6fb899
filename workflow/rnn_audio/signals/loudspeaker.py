"""The loudspeaker that the synthetic room is measured with: a small box with a woofer and a tweeter."""

import numpy as np

from rnn_audio.types import Floats

SPEED_OF_SOUND_M_S = 343.0

LOWEST_HZ = 60.0
"""Corner of a small closed box, whose response falls by 12 dB an octave below it.

All image sources of a room have positive gains. Their sum adds an offset that decays with the room, which no
loudspeaker radiates.
"""

WOOFER_RADIUS_M = 0.05
TWEETER_RADIUS_M = 0.0125
CROSSOVER_HZ = 2500.0
CABINET_RADIUS_M = 0.09
"""Half the width of the box."""

_FORWARD_TO_BACKWARD = np.linspace(1.0, -1.0, 2001)


def directivity(cosines: Floats, frequencies_hz: Floats) -> Floats:
    """Sound pressure in a direction, divided by that on the loudspeaker's axis.

    The axis is flat, as makers tune it. Off the axis, a driver of radius a beams like a piston in a wall, by
    2 J1(x) / x with x = k a sin(angle). The box shades what is at its back where the waves are shorter than it is wide:
    it radiates like a monopole at low frequencies and like a cardioid at high ones.

    Args:
        cosines: cosines of the angles between the directions and the axis, [D].
        frequencies_hz: in Hz, [F].

    Returns:
        Ratios, [F, D].
    """
    from scipy.special import j1

    frequencies_hz = np.asarray(frequencies_hz, dtype=np.float64)[:, None]
    wave_numbers = 2.0 * np.pi * frequencies_hz / SPEED_OF_SOUND_M_S
    radii_m = np.where(frequencies_hz < CROSSOVER_HZ, WOOFER_RADIUS_M, TWEETER_RADIUS_M)
    sines = np.sqrt(np.clip(1.0 - np.square(cosines), 0.0, 1.0))
    x = np.maximum(wave_numbers * radii_m * sines, 1e-6)
    squared = np.square(wave_numbers * CABINET_RADIUS_M)
    cardioid_share = squared / (1.0 + squared)
    return 2.0 * j1(x) / x * (1.0 + cardioid_share * cosines) / (1.0 + cardioid_share)


def radiated_share(frequencies_hz: Floats) -> Floats:
    """Sound power in all directions, divided by that of a source that radiates everywhere as on the axis, [F] to [F].

    It is the mean of the squared directivity over the sphere, where uniform cosines are uniform directions.
    """
    return np.square(directivity(_FORWARD_TO_BACKWARD, frequencies_hz)).mean(axis=1)


def radiate(response: Floats, rate_hz: float, highest_hz: float) -> Floats:
    """Limit a response to the loudspeaker's range from `LOWEST_HZ` to `highest_hz`, causally, [N] to [N]."""
    from scipy.signal import butter, sosfilt

    highpass = butter(2, LOWEST_HZ, "highpass", fs=rate_hz, output="sos")
    lowpass = butter(4, highest_hz, "lowpass", fs=rate_hz, output="sos")
    return sosfilt(np.concatenate([highpass, lowpass]), response)
