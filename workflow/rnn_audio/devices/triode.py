"""The 12AX7 triode and its load line (N. Koren, "Improved vacuum-tube models for SPICE simulations", 1996).

A stage's plate current depends on the grid voltage and the supply voltage of the plate resistor, by an equation that
has no closed solution. It is solved once for a grid of both voltages; the sample loop interpolates linearly between
the points. They are dense enough for an error below 0.1 microampere of about 2 milliamperes.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from rnn_audio.devices.amplifier_stages import GRID_STEP_V, LOWEST_GRID_V, SUPPLY_SPAN_V, SUPPLY_STEP_V
from rnn_audio.types import Floats

# Constants of the 12AX7.
_MU = 100.0
_EXPONENT = 1.4
_KG1 = 1060.0
_KP = 600.0
_KVB = 300.0

_GRID_POINTS = 1201
_BISECTIONS = 50


def plate_current(grid_cathode_v: Floats, plate_cathode_v: Floats) -> Floats:
    """Plate current of a 12AX7 in Koren's model.

    Args:
        grid_cathode_v: grid to cathode, in V; broadcasts with the plate's.
        plate_cathode_v: plate to cathode, at least 0, in V.

    Returns:
        Current in A.
    """
    root = np.sqrt(_KVB + np.square(plate_cathode_v))
    effective = plate_cathode_v / _KP * np.logaddexp(0.0, _KP * (1.0 / _MU + grid_cathode_v / root))
    return 2.0 / _KG1 * effective**_EXPONENT


@cache
def load_line(supply_v: float, plate_ohm: float) -> Floats:
    """Plate currents at which the valve and the plate resistor carry the same current, solved once per process.

    Args:
        supply_v: supply voltage, in V.
        plate_ohm: plate resistor, in ohm.

    Returns:
        Currents in A, [grid voltages, supplies]: rows from `LOWEST_GRID_V` up in steps of `GRID_STEP_V`, columns from
        `supply_v - SUPPLY_SPAN_V` up in steps of `SUPPLY_STEP_V`, both voltages relative to the cathode.
    """
    grid_v = LOWEST_GRID_V + GRID_STEP_V * np.arange(_GRID_POINTS)[:, None]
    supplies = round(2.0 * SUPPLY_SPAN_V / SUPPLY_STEP_V) + 1
    behind_v = supply_v - SUPPLY_SPAN_V + SUPPLY_STEP_V * np.arange(supplies)[None, :]
    # With the plate voltage, the valve's current rises and the resistor's falls: they cross once, found by bisection.
    low_v = np.zeros((_GRID_POINTS, supplies))
    high_v = np.broadcast_to(behind_v, low_v.shape)
    for _ in range(_BISECTIONS):
        middle_v = 0.5 * (low_v + high_v)
        too_high = plate_current(grid_v, middle_v) > (behind_v - middle_v) / plate_ohm
        high_v = np.where(too_high, middle_v, high_v)
        low_v = np.where(too_high, low_v, middle_v)
    return (behind_v - 0.5 * (low_v + high_v)) / plate_ohm
