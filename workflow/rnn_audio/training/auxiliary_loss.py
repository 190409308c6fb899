"""The auxiliary loss: how well segments can be reconstructed from the main network's state at their end.

Paper A, section IV-C2, after Trinh et al. 2018. An anchor is a position in the sequence, in samples: at anchor a the
main network has read samples 0 to a - 1. The anchor's segment is the last `segment_samples` of these.

Shapes: M models, K anchors each, a batch of B sequences, T samples, L samples per segment, H units.
"""

from dataclasses import dataclass

import torch

from rnn_audio.errors import InputError
from rnn_audio.networks import auxiliary_network, recurrence
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.networks.model import Parameters
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State
from rnn_audio.training.data import Batch


@dataclass(frozen=True)
class Passed:
    """The results of one pass through both networks.

    Attributes:
        outputs: the main network's outputs, [M, B, T].
        segments: the targets of the reconstruction, [M, K, B, L - 1]; without the seed sample.
        reconstructions: the auxiliary network's outputs, [M, K, B, L - 1].
    """

    outputs: torch.Tensor
    segments: torch.Tensor
    reconstructions: torch.Tensor

    def segment_losses(self) -> torch.Tensor:
        """L_i / l_i of each anchor, [M, K]: the mean squared error over the batch and the reconstructed samples."""
        return (self.segments - self.reconstructions).square().mean(dim=(2, 3))


@dataclass(frozen=True)
class AuxiliaryLoss:
    """The auxiliary loss of a configuration.

    Attributes:
        shape: the auxiliary network's shape.
        anchors: number of anchors drawn for a batch, K.
        segment_samples: length of a segment, L; its first sample seeds the reconstruction.
        feed: what the auxiliary network is fed, `true_samples` or `own_output`.
        gradient_reach: over how many samples before an anchor gradients flow back in the main network: None for all
            samples, 0 for none (Trinh et al. truncate them).
        normalise: `per_segment`: the sum of L_i / l_i, as in the paper's formula; `combined`: the sum of L_i divided by
            the sum of l_i, as in its text.
        pretraining_epochs: number of epochs that minimise this loss alone.
    """

    shape: AuxiliaryShape
    anchors: int
    segment_samples: int
    feed: str
    gradient_reach: int | None
    normalise: str
    pretraining_epochs: int

    def draw_anchors(self, streams: RandomStreams, stream: str, samples: int, count: int) -> torch.Tensor:
        """Random anchors in a sequence of `samples` samples, each with a whole segment before it: [M, count].

        Raises:
            InputError: the sequence is shorter than a segment.
        """
        self._require_room(samples)
        return streams.integers(stream, self.segment_samples, samples, (count,))

    def spread_anchors(self, samples: int, most: int) -> list[int]:
        """At most `most` anchors, spread evenly over a sequence so that no two segments overlap.

        Raises:
            InputError: the sequence is shorter than a segment.
        """
        self._require_room(samples)
        gaps = min(most, samples // self.segment_samples) - 1
        room = samples - self.segment_samples
        return [self.segment_samples + index * room // max(gaps, 1) for index in range(gaps + 1)]

    def run(self, parameters: Parameters, batch: Batch, anchors: torch.Tensor) -> Passed:
        """Run the main network over a batch, and reconstruct the segments before the anchors, [M, K]."""
        if self.gradient_reach is None:
            outputs, state = recurrence.run_noting_states(parameters, batch.inputs, batch.state, anchors)
        else:
            starts = (anchors - self.gradient_reach).clamp_min(0)
            outputs, state = recurrence.run_noting_states(parameters, batch.inputs, batch.state, starts)
            state = _run_on(parameters, batch.inputs, recurrence.detach(state), starts, anchors)
        segments = _preceding(batch.inputs, anchors, self.segment_samples)
        flat_state = state[0].flatten(1, 2), state[1].flatten(1, 2)
        reconstructions = auxiliary_network.reconstruct(
            parameters, self.shape, segments.flatten(1, 2), flat_state, self.feed
        )
        targets = segments[..., 1:]
        return Passed(outputs, targets, reconstructions.view(targets.shape))

    def total(self, segment_losses: torch.Tensor) -> torch.Tensor:
        """L_aux of each model, [M], from L_i / l_i, [M, K]."""
        # All segments have the same length, so `combined` is the mean of L_i / l_i.
        return segment_losses.sum(dim=1) if self.normalise == "per_segment" else segment_losses.mean(dim=1)

    def _require_room(self, samples: int) -> None:
        if self.segment_samples > samples:
            raise InputError(
                f"auxiliary.segment_samples: a segment of {self.segment_samples} samples does not fit in the "
                f"{samples} samples that the network is fed; choose fewer"
            )


def _run_on(
    parameters: Parameters, inputs: torch.Tensor, state: State, starts: torch.Tensor, anchors: torch.Tensor
) -> State:
    """Run from the states at `starts` to the anchors: [M, K, B, H] each. Gradients stop at `starts`."""
    reached_h, reached_c = [], []
    for model, stretches in enumerate(zip(starts.tolist(), anchors.tolist(), strict=True)):
        only = slice(model, model + 1)
        own = {name: tensor[only] for name, tensor in parameters.items()}
        for index, (start, anchor) in enumerate(zip(*stretches, strict=True)):
            h, c = state[0][only, index], state[1][only, index]
            if start < anchor:
                stretch = inputs[only, :, start:anchor]
                _, (h, c) = recurrence.run_noting_states(own, stretch, (h, c), torch.tensor([[anchor - start]]))
            reached_h.append(h.view(state[0].shape[2:]))
            reached_c.append(c.view(state[1].shape[2:]))
    return torch.stack(reached_h).view(state[0].shape), torch.stack(reached_c).view(state[1].shape)


def _preceding(inputs: torch.Tensor, anchors: torch.Tensor, samples: int) -> torch.Tensor:
    """The segments before the anchors, [M, K, B, L]."""
    return torch.stack(
        [
            torch.stack([own[:, anchor - samples : anchor] for anchor in wanted])
            for own, wanted in zip(inputs, anchors.tolist(), strict=True)
        ]
    )
