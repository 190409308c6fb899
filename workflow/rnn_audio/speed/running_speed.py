"""Running speed of one model on one CPU core, sample by sample and in blocks (paper B, section 5).

Paper B states 0.12 s and 0.24 s of computation per second of audio for hidden sizes of 32 and 64, for a C++
implementation on a 2.8 GHz Core i5. Any comparison with our values should name both machines.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import Parameters

Samples = NDArray[np.float32]
Program = Callable[[Samples], Samples]

_REPEATS = 20


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


def compiled(parameters: Parameters, block_samples: int | None = None, *, skip: bool = False) -> Program:
    """The compiled engine (`networks.engines.streaming`), as a program from inputs, [N], to outputs, [N].

    Args:
        parameters: a pack of one model, as returned by `networks.model.load_model`, on the CPU.
        block_samples: length of a block; the last may be shorter. None: one call for all samples. The engine computes
            them one after the other in any case, so that this is its speed sample by sample.
        skip: whether the input is added to the output.
    """
    # Imported here, because numba takes about a second to import.
    from rnn_audio.networks.engines.streaming import Stream

    stream = Stream({name: tensor[0].detach().numpy() for name, tensor in parameters.items()}, skip=skip)

    def run(inputs: Samples) -> Samples:
        stream.reset()
        return np.concatenate([stream.process(block) for block in _blocks(inputs, block_samples)])

    return run


def pytorch(parameters: Parameters, block_samples: int, *, skip: bool = False) -> Program:
    """PyTorch's LSTM and linear layer; arguments and result are those of `compiled`."""
    own = {name: tensor[0].detach() for name, tensor in parameters.items()}
    weights = own["lstm.weight_ih"], own["lstm.weight_hh"], own["lstm.bias_ih"], own["lstm.bias_hh"]
    head = own["linear.weight"], own["linear.bias"]
    zeros = torch.zeros(1, own["lstm.weight_hh"].shape[1])

    @torch.inference_mode()
    def run(inputs: Samples) -> Samples:
        state, outputs = (zeros, zeros), []
        for block in _blocks(inputs, block_samples):
            samples = torch.from_numpy(block).unsqueeze(0)
            output, state = recurrence.run_layer(weights, head, samples, state)
            outputs.append((output + samples if skip else output)[0].numpy())
        return np.concatenate(outputs)

    return run


def onnxruntime(parameters: Parameters, block_samples: int, *, skip: bool = False) -> Program:
    """The exported ONNX file by onnxruntime, with one thread; arguments and result are those of `compiled`."""
    from onnxruntime import InferenceSession, SessionOptions

    from rnn_audio.formats.files import write_model
    from rnn_audio.formats.portable import PortableModel

    model = PortableModel({name: tensor[0].detach().numpy() for name, tensor in parameters.items()}, skip=skip)
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        write_model(model, path, "onnx")
        session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
    zeros = np.zeros((1, 1, model.hidden_size), dtype=np.float32)

    def run(inputs: Samples) -> Samples:
        h, c, outputs = zeros, zeros, []
        for block in _blocks(inputs, block_samples):
            output, h, c = session.run(["output", "h1", "c1"], {"input": block[:, None, None], "h0": h, "c0": c})
            outputs.append(output[:, 0, 0])
        return np.concatenate(outputs)

    return run


def measure_running_speed(
    parameters: Parameters, rate_hz: float, seconds: float, block_samples: int
) -> list[RunningSpeed]:
    """Time one model on noise, with one thread: the time that this thread computes, not that in which it waits.

    The programs take turns, so that other processes disturb all of them; each one's fastest repeat counts, which they
    disturb least.

    Args:
        parameters: a pack of one model, on the CPU.
        rate_hz: sampling rate of the audio in Hz.
        seconds: length of the audio of one repeat.
        block_samples: length of the blocks, as from a sound card.

    Returns:
        The speed of the compiled engine, sample by sample and in blocks; that of PyTorch's LSTM in blocks; and that of
        onnxruntime, where it and the package onnx are installed.

    Raises:
        InputError: the audio is shorter than one sample, or a block is.
    """
    samples = round(rate_hz * seconds)
    if samples < 1 or block_samples < 1:
        raise InputError(f"running speed of {samples} samples in blocks of {block_samples}: give positive numbers only")
    hidden = parameters["lstm.weight_hh"].shape[2]
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, samples).astype(np.float32)
    in_blocks = f"blocks of {block_samples}"
    programs = {
        "compiled, sample by sample": compiled(parameters),
        f"compiled, {in_blocks}": compiled(parameters, block_samples),
        f"PyTorch's LSTM, {in_blocks}": pytorch(parameters, block_samples),
    }
    if find_spec("onnx") and find_spec("onnxruntime"):
        programs[f"onnxruntime, {in_blocks}"] = onnxruntime(parameters, block_samples)
    with _one_thread():
        fastest = _fastest(programs, noise)
    return [RunningSpeed(hidden, how, duration * rate_hz / samples) for how, duration in fastest.items()]


def _blocks(inputs: Samples, block_samples: int | None) -> Iterator[Samples]:
    length = block_samples or len(inputs)
    return (inputs[start : start + length] for start in range(0, len(inputs), length))


def _fastest(programs: dict[str, Program], inputs: Samples) -> dict[str, float]:
    durations: dict[str, list[float]] = {how: [] for how in programs}
    for program in programs.values():
        program(inputs[:1])  # compiles, and allocates what stays allocated
    for _ in range(_REPEATS):
        for how, program in programs.items():
            started = time.thread_time()
            program(inputs)
            durations[how].append(time.thread_time() - started)
    return {how: min(own) for how, own in durations.items()}


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
