"""Outputs and losses of device models over whole recordings, each as one signal (paper B, section 5.1)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
import torch

from rnn_audio.evaluation import pieces
from rnn_audio.losses.formulas import EsrAccumulator
from rnn_audio.losses.packed_filter import apply_packed
from rnn_audio.losses.preemphasis import MINIMUM_PHASE, NAMES, taps
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, Parameters
from rnn_audio.types import Samples

logger = logging.getLogger(__name__)

# cuDNN's LSTM takes at most 65,535 steps in one call.
CHUNK_SAMPLES = 44_100

GPU_CHUNK_SAMPLES = 30 * CHUNK_SAMPLES
"""Samples of a chunk whose losses a GPU sums: long, because each operation takes as long for a short one."""


@torch.no_grad()
def process(parameters: Parameters, shape: ModelShape, recording: torch.Tensor) -> torch.Tensor:
    """Process a recording, [N], with each model, from a state of zeros; returns [M, N].

    A GPU takes the recording in pieces, all at once, and only models that do not forget sample after sample. A CPU
    would gain little (docs/performance.md), so there every model runs sample after sample.
    """
    if recording.device.type == "cpu":
        return _process_in_order(parameters, shape, recording)
    outputs, remaining = pieces.process_in_pieces(parameters, shape, recording)
    if remaining:
        _report_slow_evaluation()
        own = {name: tensor[remaining] for name, tensor in parameters.items()}
        outputs[remaining] = _process_in_order(own, shape, recording)
    return outputs


@torch.no_grad()
def whole_losses(
    target: torch.Tensor,
    outputs: torch.Tensor,
    rate_hz: float,
    filters: Sequence[str] = NAMES,
    design: str = MINIMUM_PHASE,
) -> Mapping[str, list[float]]:
    """The loss of equation 4 with each pre-emphasis filter, over the whole recording as one signal.

    Args:
        target: [N].
        outputs: [M, N].
        rate_hz: sampling rate in Hz.
        filters: names of pre-emphasis filters.
        design: how the A-weighting is fitted, one of `preemphasis.DESIGNS`.

    Returns:
        For each filter, the loss of each model; 1.0 is 100 %.
    """
    on_device = {"dtype": torch.float32, "device": target.device}
    designed = {name: torch.tensor(taps(name, rate_hz, design), **on_device) for name in filters}
    return {name: _accumulate(target, outputs, own) for name, own in designed.items()}


def zero_loss(target: Samples, rate_hz: float, pre_emphasis: str, design: str = MINIMUM_PHASE) -> float:
    """The loss of equation 4 with one pre-emphasis filter, for an output of zeros; the target is [N]."""
    tensor = torch.from_numpy(np.asarray(target, dtype=np.float32))
    silence = torch.zeros_like(tensor).unsqueeze(0)
    return whole_losses(tensor, silence, rate_hz, [pre_emphasis], design)[pre_emphasis][0]


def _process_in_order(parameters: Parameters, shape: ModelShape, recording: torch.Tensor) -> torch.Tensor:
    """Process a recording sample after sample; the state is carried from chunk to chunk."""
    models = next(iter(parameters.values())).shape[0]
    zeros = recording.new_zeros(models, 1, shape.hidden_size)
    state = (zeros, zeros)
    outputs = []
    for chunk in recording.split(CHUNK_SAMPLES):
        output, state = recurrence.run(parameters, chunk.expand(models, 1, -1), state, skip=shape.skip)
        outputs.append(output.squeeze(1))
    return torch.cat(outputs, dim=-1)


@cache  # one line a job
def _report_slow_evaluation() -> None:
    samples = (pieces.MOST_PASSES - 1) * pieces.PIECE_SAMPLES
    logger.info(
        "at least one model does not forget within %d samples: it takes recordings sample after sample, which is slow",
        samples,
    )


def _accumulate(target: torch.Tensor, outputs: torch.Tensor, taps: torch.Tensor) -> list[float]:
    models, history = len(outputs), len(taps) - 1
    accumulator = EsrAccumulator(models, target.device)
    target_history, output_history = target.new_zeros(1, 1, history), target.new_zeros(models, 1, history)
    # The target is the same for all models, and is filtered once.
    for target_chunk, output in _chunks(target.view(1, 1, -1), outputs.unsqueeze(1)):
        emphasised_target, target_history = apply_packed(target_chunk, taps.expand(1, -1), target_history)
        emphasised_output, output_history = apply_packed(output, taps.expand(models, -1), output_history)
        accumulator.update(
            target_chunk.expand_as(output), output, emphasised_target.expand_as(output), emphasised_output
        )
    return accumulator.joint().tolist()


def _chunks(target: torch.Tensor, outputs: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    samples = CHUNK_SAMPLES if target.device.type == "cpu" else GPU_CHUNK_SAMPLES
    return zip(target.split(samples, dim=-1), outputs.split(samples, dim=-1), strict=True)
