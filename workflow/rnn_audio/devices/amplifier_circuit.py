"""Component values of the synthetic amplifier, and the linear parts of its circuit.

A small valve amplifier of the common design: three 12AX7 stages with cathode bias, coupled through capacitors and gain
controls; a cathode follower into a treble, middle and bass stack; a phase inverter driving a push-pull pair; an output
transformer. The output is recorded there, without a loudspeaker. The values are of the size that textbooks give and
belong to no particular product.

Units are volts, amperes, ohms, farads, hertz and seconds. The classes are named tuples, because numba can read their
fields by name.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnn_audio.types import Floats


class TriodeStage(NamedTuple):
    """A common-cathode 12AX7 stage and the network before its grid.

    Attributes:
        coupling_f: capacitor into the stage, in F.
        control_ohm: gain control (or grid leak) after the capacitor, end to end, in ohm.
        control_position: wiper of the gain control, above 0 (off) to 1 (full).
        stopper_ohm: resistor from the wiper to the grid, in ohm.
        input_f: the grid's capacitance to ground, including the Miller capacitance of the plate, in F.
        plate_ohm: plate resistor, in ohm.
        cathode_ohm: cathode resistor, in ohm.
        bypass_f: capacitor across the cathode resistor, in F.
        supply_v: supply voltage, in V.
    """

    coupling_f: float
    control_ohm: float
    control_position: float
    stopper_ohm: float
    input_f: float
    plate_ohm: float
    cathode_ohm: float
    bypass_f: float
    supply_v: float


class ToneStack(NamedTuple):
    """Treble, middle and bass controls between two buffers.

    Attributes:
        treble_ohm, bass_ohm, middle_ohm: the controls, end to end, in ohm.
        slope_ohm: resistor from the input to the two larger capacitors, in ohm.
        treble_f, bass_f, middle_f: capacitors, in F.
        treble, bass, middle: positions of the controls, 0 to 1.
    """

    treble_ohm: float
    bass_ohm: float
    middle_ohm: float
    slope_ohm: float
    treble_f: float
    bass_f: float
    middle_f: float
    treble: float
    bass: float
    middle: float


class OutputStage(NamedTuple):
    """Phase inverter and push-pull pair, biased near class B.

    Attributes:
        inverter_gain: voltage gain from the tone stack to each of the pair's coupling capacitors.
        coupling_f: coupling capacitor of each grid, in F.
        leak_ohm: grid leak to the bias supply, in ohm.
        driver_ohm: resistance of the inverter's plate and the grid stopper, in ohm.
        input_f: capacitance of each grid, in F.
        bias_v: grid bias, below 0, in V.
        cutoff_v: grid voltage at which the plate current stops, below the bias, in V.
        perveance: plate current divided by the square of the grid voltage above cut-off, in A/V^2.
    """

    inverter_gain: float
    coupling_f: float
    leak_ohm: float
    driver_ohm: float
    input_f: float
    bias_v: float
    cutoff_v: float
    perveance: float


class Amplifier(NamedTuple):
    """The whole amplifier.

    Attributes:
        full_scale_v: voltage at the input jack for a sample of 1.0, in V.
        stages: the triode stages, from the input on.
        tone: the tone stack.
        output: the push-pull stage.
        transformer_lowest_hz: corner of the transformer's first-order high-pass, in Hz.
        transformer_highest_hz: corner of its third-order low-pass (leakage and winding capacitance), in Hz.
        output_per_a: output sample per ampere of difference between the plate currents of the push-pull pair.
    """

    full_scale_v: float
    stages: tuple[TriodeStage, ...]
    tone: ToneStack
    output: OutputStage
    transformer_lowest_hz: float
    transformer_highest_hz: float
    output_per_a: float


_GAIN_STAGE = TriodeStage(
    coupling_f=0.68e-9,
    control_ohm=1e6,
    control_position=0.6,
    stopper_ohm=100e3,
    input_f=60e-12,
    plate_ohm=100e3,
    cathode_ohm=1.8e3,
    bypass_f=1e-6,
    supply_v=250.0,
)
"""Its small coupling capacitor thins the bass before it is distorted, as in channels of high gain."""

HIGH_GAIN = Amplifier(
    full_scale_v=1.0,
    stages=(
        _GAIN_STAGE._replace(
            coupling_f=22e-9,
            control_position=1.0,
            stopper_ohm=68e3,
            input_f=150e-12,
            cathode_ohm=1.5e3,
            bypass_f=0.68e-6,
        ),
        _GAIN_STAGE,
        _GAIN_STAGE._replace(coupling_f=4.7e-9),
    ),
    tone=ToneStack(
        treble_ohm=250e3,
        bass_ohm=1e6,
        middle_ohm=25e3,
        slope_ohm=56e3,
        treble_f=250e-12,
        bass_f=22e-9,
        middle_f=22e-9,
        treble=0.7,
        bass=0.3,
        middle=0.7,
    ),
    output=OutputStage(
        inverter_gain=0.7,
        coupling_f=22e-9,
        leak_ohm=220e3,
        driver_ohm=60e3,
        input_f=150e-12,
        bias_v=-9.0,
        cutoff_v=-13.0,
        perveance=5e-4,
    ),
    transformer_lowest_hz=50.0,
    transformer_highest_hz=15000.0,
    output_per_a=5.5,
)
"""A channel of high gain: it saturates when it is played softly, too."""


def tone_stack_filter(tone: ToneStack, rate_hz: float) -> tuple[Floats, Floats]:
    """Discretise the tone stack by the bilinear transform.

    The states are the voltages v of the three capacitors, with currents i. The loops of the circuit give Z i = u - v.
    The resistance matrix Z has one row for each path from the input u to ground: through the treble capacitor, the
    bass capacitor and the middle capacitor.

    Args:
        tone: components and positions of the controls.
        rate_hz: sampling rate in Hz.

    Returns:
        Numerator and denominator for `scipy.signal.lfilter`, [4] each.
    """
    from scipy.signal import cont2discrete, ss2tf

    lower = tone.middle * tone.middle_ohm
    upper = tone.bass * tone.bass_ohm + (1.0 - tone.middle) * tone.middle_ohm
    slope = tone.slope_ohm
    resistances = np.array(
        [
            [tone.treble_ohm + upper + lower, upper + lower, lower],
            [upper + lower, upper + lower + slope, lower + slope],
            [lower, lower + slope, lower + slope],
        ]
    )
    conductances = np.linalg.inv(resistances)
    per_farad = 1.0 / np.array([tone.treble_f, tone.bass_f, tone.middle_f])
    # The output is the wiper of the treble control: the bass node plus a share of the voltage across the control.
    wiper = np.array([tone.treble * tone.treble_ohm + upper + lower, upper + lower, lower])
    ones = np.ones((3, 1))
    system = (
        -per_farad[:, None] * conductances,
        per_farad[:, None] * (conductances @ ones),
        -(wiper @ conductances)[None, :],
        (wiper @ conductances @ ones)[None, :],
    )
    a, b, c, d, _ = cont2discrete(system, 1.0 / rate_hz, method="bilinear")
    numerator, denominator = ss2tf(a, b, c, d)
    return numerator[0], denominator
