"""Training with the auxiliary loss: pre-training on it alone, then on its sum with the main loss (paper A, IV-C2).

The main network is teacher forced and updated once per sequence (section V-D).
"""

from typing import Any

import torch

from rnn_audio.configuration.settings import JOINT, PRETRAINING
from rnn_audio.training.auxiliary_loss import AuxiliaryLoss
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.data import Batch
from rnn_audio.training.trainer import by_epoch, by_model


class AuxiliaryTrainer(BpttTrainer):
    """Trains a pack of models, each with an auxiliary network.

    Args:
        auxiliary: the auxiliary loss.
        arguments: those of `BpttTrainer`; the shape includes the auxiliary network's.

    Attributes:
        auxiliary_history: auxiliary loss of each epoch and model, as the mean squared error per segment.
        power_history: mean power of the segments of each epoch and model: that loss for an output of zeros.

    The main loss is measured in both phases, because pre-training also changes the main network, except its linear
    layer.
    """

    _gradients_vary = True  # in pre-training some tensors have none

    def __init__(self, auxiliary: AuxiliaryLoss, **arguments: Any) -> None:  # noqa: ANN401 (passed on)
        super().__init__(**arguments)
        self.auxiliary = auxiliary
        self.auxiliary_history: list[list[float]] = []
        self.power_history: list[list[float]] = []

    def extra_columns(self, model: int) -> dict[str, list[float]]:
        """One model's auxiliary loss, the power of the segments, and the training phase in each epoch."""
        return {
            "auxiliary_mse": [losses[model] for losses in self.auxiliary_history],
            "segments_power": [powers[model] for powers in self.power_history],
            "phase": [self._phase(epoch) for epoch in range(self.epoch)],
        }

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Everything needed to resume training."""
        models = len(self.seeds)
        histories = {"auxiliary.history": self.auxiliary_history, "auxiliary.power_history": self.power_history}
        return super().state_dict() | {name: by_model(history, models) for name, history in histories.items()}

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned."""
        super().load_state_dict(tensors)
        self.auxiliary_history = by_epoch(tensors["auxiliary.history"])
        self.power_history = by_epoch(tensors["auxiliary.power_history"])

    def _phase(self, epoch: int) -> int:
        return PRETRAINING if epoch < self.auxiliary.pretraining_epochs else JOINT

    def _train_batch(self, batch: Batch) -> torch.Tensor:
        self.objective.restart()
        samples = batch.inputs.shape[-1]
        anchors = self.auxiliary.draw_anchors(self.streams, "anchors", samples, self.auxiliary.anchors)
        passed = self.auxiliary.run(self.parameters, batch, anchors)
        main_losses = self.objective(batch.targets, passed.outputs)
        segment_losses = passed.segment_losses()
        losses = self.auxiliary.total(segment_losses)
        if self._phase(self.epoch) == JOINT:
            losses = losses + main_losses
        losses.sum().backward()
        for each in (main_losses, losses):
            self._require_finite(each, update=0)
        self.optimiser.step(self.parameters)
        # A signal is one batch per epoch, so this batch's loss is the epoch's.
        self.auxiliary_history.append(segment_losses.detach().mean(dim=1).cpu().double().tolist())
        self.power_history.append(passed.segments.square().mean(dim=(1, 2, 3)).cpu().double().tolist())
        return main_losses.detach().cpu().double() * batch.targets.shape[1] * samples
