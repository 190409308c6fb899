"""The amplifier's valves, sample by sample, compiled with numba: each sample depends on the charges after the last one.

The plate current of a triode is looked up in its load line (`triode`). A grid conducts a current that grows with the
square of the voltage above a threshold, so the voltage of the grid has a closed solution. Grid capacitances are
integrated by backward Euler, since they are stiff when the grid conducts. The much slower coupling and bypass
capacitors are integrated by forward Euler.
"""

from __future__ import annotations

from math import sqrt

import numba
import numpy as np

from rnn_audio.devices.amplifier_circuit import OutputStage, TriodeStage
from rnn_audio.types import Floats

# The grid of the load lines. It is in this file because numba keeps compiled functions until their own file changes.
LOWEST_GRID_V = -8.0
"""Grid to cathode voltage of a table's first row: there the valve is cut off."""
GRID_STEP_V = 0.01
SUPPLY_SPAN_V = 80.0
"""Range of a table on both sides of the supply voltage: a stage's load changes the voltage by about 30 V."""
SUPPLY_STEP_V = 1.0

_GRID_THRESHOLD_V = -0.2
_GRID_PERVEANCE = 6e-4  # A/V^2

# Columns of a stage's state.
COUPLING_V = 0
GRID_V = 1
CATHODE_V = 2
PLATE_V = 3
DRAWN_A = 4
STATE_SIZE = 5


@numba.njit(cache=True, error_model="numpy")
def _between(table: Floats, row: float, column: float) -> float:
    """Bilinear interpolation; outside the table, the value at its nearest edge."""
    row = min(max(row, 0.0), table.shape[0] - 1.000001)
    column = min(max(column, 0.0), table.shape[1] - 1.000001)
    top = int(row)
    left = int(column)
    down = row - top
    right = column - left
    upper = table[top, left] + right * (table[top, left + 1] - table[top, left])
    lower = table[top + 1, left] + right * (table[top + 1, left + 1] - table[top + 1, left])
    return upper + down * (lower - upper)


@numba.njit(cache=True, error_model="numpy")
def _conducting_grid(open_v: float, resistance: float) -> float:
    """Grid to cathode voltage of a grid fed through a resistance; `open_v` is the voltage without grid current."""
    above = open_v - _GRID_THRESHOLD_V
    if above <= 0.0:
        return open_v
    return _GRID_THRESHOLD_V + 2.0 * above / (1.0 + sqrt(1.0 + 4.0 * resistance * _GRID_PERVEANCE * above))


@numba.njit(cache=True, error_model="numpy")
def _grid_step(
    old_v: float, drive_v: float, cathode_v: float, resistance: float, farads: float, step_s: float
) -> float:
    """The grid's next voltage; a drive voltage feeds its capacitance and its grid current through a resistance."""
    ratio = step_s / (resistance * farads)
    open_v = (old_v + ratio * drive_v) / (1.0 + ratio)
    seen_ohm = step_s / farads / (1.0 + ratio)
    return cathode_v + _conducting_grid(open_v - cathode_v, seen_ohm)


@numba.njit(cache=True, error_model="numpy")
def _triode_step(
    stage: TriodeStage, currents: Floats, state: Floats, drive_v: float, load_a: float, step_s: float
) -> None:
    coupled_v = drive_v - state[COUPLING_V]
    position = stage.control_position
    source_ohm = stage.stopper_ohm + position * (1.0 - position) * stage.control_ohm
    source_v = position * coupled_v
    cathode_v = state[CATHODE_V]
    grid_v = _grid_step(state[GRID_V], source_v, cathode_v, source_ohm, stage.input_f, step_s)
    # A current drawn from the wiper of a divider loads its top with the divider's ratio of that current.
    drawn_a = coupled_v / stage.control_ohm + position * (source_v - grid_v) / source_ohm
    # The load's current through the plate resistor acts like a lower supply.
    behind_v = stage.supply_v - stage.plate_ohm * load_a
    row = (grid_v - cathode_v - LOWEST_GRID_V) / GRID_STEP_V
    column = (behind_v - cathode_v - stage.supply_v + SUPPLY_SPAN_V) / SUPPLY_STEP_V
    current_a = _between(currents, row, column)
    state[COUPLING_V] += step_s * drawn_a / stage.coupling_f
    state[GRID_V] = grid_v
    state[CATHODE_V] += step_s * (current_a - cathode_v / stage.cathode_ohm) / stage.bypass_f
    state[PLATE_V] = behind_v - stage.plate_ohm * current_a
    state[DRAWN_A] = drawn_a


@numba.njit(cache=True, error_model="numpy")
def preamplify(
    input_v: Floats, stages: tuple[TriodeStage, ...], currents: Floats, state: Floats, step_s: float
) -> Floats:
    """Run the triode stages, each into the next.

    The load of a stage is the current that the next one drew one step before. It changes little within a step, so the
    stages need not be solved together.

    Args:
        input_v: voltage at the input jack, [N], in V.
        stages: the S stages, from the input on.
        currents: `triode.load_line` of each stage, [S, grid voltages, supplies], in A.
        state: charges and voltages of the stages, and zeros for a load of the last one, [S + 1, STATE_SIZE]; changed
            to those after the last sample.
        step_s: time between samples, in s.

    Returns:
        Plate voltage of the last stage, [N], in V.
    """
    plates_v = np.empty(input_v.shape[0])
    for now in range(input_v.shape[0]):
        drive_v = input_v[now]
        for stage in range(len(stages)):
            _triode_step(stages[stage], currents[stage], state[stage], drive_v, state[stage + 1, DRAWN_A], step_s)
            drive_v = state[stage, PLATE_V]
        plates_v[now] = drive_v
    return plates_v


@numba.njit(cache=True, error_model="numpy")
def push_pull(drive_v: Floats, stage: OutputStage, state: Floats, step_s: float) -> Floats:
    """Run the output pair: two halves in opposite phase, each with its own coupling capacitor.

    Transformer and supply keep the plate voltages constant, so a plate current depends on its grid alone: it is
    proportional to the square of the voltage above cut-off. Cut-off limits it on one side, grid current on the other.

    Args:
        drive_v: output of the tone stack, [N], in V.
        stage: components.
        state: charges of both halves, [2, STATE_SIZE]; changed to those after the last sample.
        step_s: time between samples, in s.

    Returns:
        Difference of the two plate currents, [N], in A.
    """
    difference_a = np.empty(drive_v.shape[0])
    for now in range(drive_v.shape[0]):
        total_a = 0.0
        for half in range(2):
            sign = 1.0 - 2.0 * half
            own = state[half]
            coupled_v = sign * stage.inverter_gain * drive_v[now] - own[COUPLING_V]
            # Voltages are relative to the bias supply, so the cathode is at -bias_v.
            grid_v = _grid_step(own[GRID_V], coupled_v, -stage.bias_v, stage.driver_ohm, stage.input_f, step_s)
            drawn_a = coupled_v / stage.leak_ohm + (coupled_v - grid_v) / stage.driver_ohm
            own[COUPLING_V] += step_s * drawn_a / stage.coupling_f
            own[GRID_V] = grid_v
            above_v = max(grid_v + stage.bias_v - stage.cutoff_v, 0.0)
            total_a += sign * stage.perveance * above_v * above_v
        difference_a[now] = total_a
    return difference_a
