"""A long recording through a pack of models in pieces that are computed at the same time, as a GPU needs.

Sample after sample, a GPU needs as long for one sequence as for many. So the recording is cut into equal pieces, which
are run as one batch. Each piece needs the state in which the piece before it ends. This is found in passes: first the
end of each piece is run from a state of zeros (the warm-up); then all pieces are run, each from the state in which the
piece before it ended in the last pass. A trained LSTM forgets its past: after one pass or two, the state in which a
piece started is the one in which the piece before it ended, and the outputs are those of the whole recording. This is
checked for each model. The first piece starts from zeros, as the recording does.

Shapes: M models, P pieces of T samples, H units; a state is (h, c), both [M, P, H].
"""

import math

import torch

from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, Parameters
from rnn_audio.networks.recurrence import State

PIECE_SAMPLES = 22_050
"""Most samples of a piece: half a second at 44.1 kHz."""

WARM_UP_SAMPLES = 8_192
"""Most samples of the warm-up. The quick profile's models forgot in less than 512 (docs/performance.md)."""

MOST_PASSES = 8
"""Passes over whole pieces after which a model counts as one that does not forget."""

TOLERANCE = 1e-4
"""Largest difference of two states that count as equal: of h, and of c relative to the larger of |c| and 1.

Rounding alone keeps the states of trained models up to 3e-5 apart (docs/performance.md)."""

_SAMPLES_AT_ONCE = 44_100  # of all pieces of a model together: it bounds the memory


@torch.no_grad()
def process_in_pieces(
    parameters: Parameters, shape: ModelShape, recording: torch.Tensor
) -> tuple[torch.Tensor, list[int]]:
    """Process a recording, [N], with each model, from a state of zeros.

    How often a model's pieces are run does not depend on the other models of the pack.

    Returns:
        The outputs, [M, N], and the indices of the models that do not forget, whose outputs must not be used.
    """
    pieces = _cut(recording)
    remaining = list(range(next(iter(parameters.values())).shape[0]))
    outputs = recording.new_zeros(len(remaining), pieces.numel())
    zeros = recording.new_zeros(len(remaining), len(pieces), shape.hidden_size)
    _, ends = _run_pieces(parameters, shape, pieces[:, -WARM_UP_SAMPLES:], (zeros, zeros))
    starts = _passed_on(ends[0]), _passed_on(ends[1])
    for _ in range(min(MOST_PASSES, len(pieces))):
        own = {name: tensor[remaining] for name, tensor in parameters.items()}
        made, ends = _run_pieces(own, shape, pieces, starts)
        expected = _passed_on(ends[0]), _passed_on(ends[1])
        again = []
        for place, agrees in enumerate(_agree(starts, expected)):
            if agrees:
                outputs[remaining[place]] = made[place]
            else:
                again.append(place)
        remaining = [remaining[place] for place in again]
        if not remaining:
            break
        starts = expected[0][again], expected[1][again]
    return outputs[:, : len(recording)], remaining


def _cut(recording: torch.Tensor) -> torch.Tensor:
    """Pieces of one length, at most `PIECE_SAMPLES`, [P, T]; zeros fill the end, and their outputs are dropped."""
    count = math.ceil(len(recording) / PIECE_SAMPLES)
    length = math.ceil(len(recording) / count)
    return torch.nn.functional.pad(recording, (0, count * length - len(recording))).view(count, length)


def _run_pieces(
    parameters: Parameters, shape: ModelShape, pieces: torch.Tensor, state: State
) -> tuple[torch.Tensor, State]:
    """One pass over all pieces: the outputs, [M, P * T], and the state at the end of each piece."""
    models = len(state[0])
    outputs = []
    for chunk in pieces.split(max(1, _SAMPLES_AT_ONCE // len(pieces)), dim=-1):
        # A copy: Triton compiles another kernel for a part of a tensor that begins at an odd address.
        inputs = chunk.contiguous().expand(models, -1, -1)
        output, state = recurrence.run(parameters, inputs, state, skip=shape.skip)
        outputs.append(output)
    return torch.cat(outputs, dim=-1).flatten(1), state


def _passed_on(ends: torch.Tensor) -> torch.Tensor:
    """For each piece, the state at the end of the piece before it; zeros for the first."""
    return torch.cat([torch.zeros_like(ends[:, :1]), ends[:, :-1]], dim=1)


def _agree(starts: State, expected: State) -> list[bool]:
    """Whether all pieces of a model started in the expected state; a state that is not a number agrees with none."""
    close_h = (starts[0] - expected[0]).abs() <= TOLERANCE
    close_c = (starts[1] - expected[1]).abs() <= TOLERANCE * expected[1].abs().clamp_min(1.0)
    return (close_h & close_c).flatten(1).all(dim=1).tolist()
