"""Running speed of one model on one CPU core, sample by sample and in blocks (paper B, section 5).

Paper B states 0.12 s and 0.24 s of computation per second of audio for hidden sizes of 32 and 64, for a C++
implementation on a 2.8 GHz Core i5. Any comparison with our values should name both machines.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import Parameters

Samples = NDArray[np.float32]

_REPEATS = 3


@dataclass(frozen=True)
class RunningSpeed:
    """Measured speed of one model.

    Attributes:
        hidden_size: number of LSTM units, H.
        how: the program, and how many samples it gets at once.
        seconds_per_second: seconds of computation per second of audio.
    """

    hidden_size: int
    how: str
    seconds_per_second: float


def run_sample_by_sample(parameters: Parameters, inputs: Samples, *, skip: bool = False) -> Samples:
    """Process a recording with one model, sample by sample from a state of zeros, with compiled float32 code.

    Args:
        parameters: a pack of one model, as returned by `networks.model.load_model`, on the CPU.
        inputs: [N].
        skip: whether the input is added to the output.

    Returns:
        The outputs, [N]; they equal those of `recurrence.run` up to rounding.
    """
    # Imported here, because numba takes about a second to import.
    from rnn_audio.speed.sample_loop import run_loop

    model = {name: tensor[0].detach().numpy() for name, tensor in parameters.items()}
    hidden = model["lstm.weight_hh"].shape[1]
    inputs = np.ascontiguousarray(inputs, dtype=np.float32)
    outputs = np.empty_like(inputs)
    h, c = np.zeros((2, hidden), dtype=np.float32)
    run_loop(
        model["lstm.weight_ih"][:, 0].copy(),
        np.ascontiguousarray(model["lstm.weight_hh"].T),
        model["lstm.bias_ih"] + model["lstm.bias_hh"],
        model["linear.weight"][0].copy(),
        model["linear.bias"][0],
        h,
        c,
        np.empty(4 * hidden, dtype=np.float32),
        inputs,
        outputs,
    )
    return outputs + inputs if skip else outputs


@torch.inference_mode()
def run_in_blocks(parameters: Parameters, inputs: Samples, block_samples: int, *, skip: bool = False) -> Samples:
    """Process a recording with the recurrence used in training, in blocks of samples as from a sound card.

    Args:
        parameters: a pack of one model, on the CPU.
        inputs: [N].
        block_samples: length of a block; the last may be shorter.
        skip: whether the input is added to the output.

    Returns:
        The outputs, [N].
    """
    hidden = parameters["lstm.weight_hh"].shape[2]
    zeros = torch.zeros(1, 1, hidden)
    state = (zeros, zeros)
    outputs = []
    for block in torch.from_numpy(inputs).split(block_samples):
        output, state = recurrence.run(parameters, block.expand(1, 1, -1), state, skip=skip)
        outputs.append(output[0, 0])
    return torch.cat(outputs).numpy()


def measure_running_speed(
    parameters: Parameters, rate_hz: float, seconds: float, block_samples: Sequence[int]
) -> list[RunningSpeed]:
    """Time one model on noise, with one thread; the fastest of three repeats, since other processes disturb it least.

    Args:
        parameters: a pack of one model, on the CPU.
        rate_hz: sampling rate of the audio in Hz.
        seconds: length of the audio of one repeat.
        block_samples: lengths of the blocks to time with the recurrence used in training.

    Returns:
        The speed sample by sample, then one speed per block length.

    Raises:
        InputError: the audio is shorter than one sample, or a block length is below 1.
    """
    samples = round(rate_hz * seconds)
    if samples < 1 or any(length < 1 for length in block_samples):
        raise InputError(
            f"running speed of {samples} samples in blocks of {list(block_samples)}: give positive numbers only"
        )
    hidden = parameters["lstm.weight_hh"].shape[2]
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, samples).astype(np.float32)
    programs: dict[str, Callable[[Samples], Samples]] = {
        "compiled, sample by sample": lambda x: run_sample_by_sample(parameters, x)
    }
    for length in block_samples:
        unit = "sample" if length == 1 else "samples"
        programs[f"as in training, blocks of {length} {unit}"] = lambda x, n=length: run_in_blocks(parameters, x, n)
    with _one_thread():
        return [
            RunningSpeed(hidden, how, _fastest(program, noise) * rate_hz / samples) for how, program in programs.items()
        ]


def _fastest(program: Callable[[Samples], Samples], inputs: Samples) -> float:
    program(inputs[:1])  # compiles, and allocates what stays allocated
    durations = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        program(inputs)
        durations.append(time.perf_counter() - started)
    return min(durations)


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
