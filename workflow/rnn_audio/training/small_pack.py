"""Short trainings of a small pack: captured updates, plain ones, and a model alone should give it the same bits."""

import torch

from rnn_audio.losses.objectives import EmphasisedErrorToSignal
from rnn_audio.losses.preemphasis import NAMES
from rnn_audio.networks.model import ModelShape, Parameters
from rnn_audio.training.bptt_method import BpttMethod
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.captured_update import WARM_UPS
from rnn_audio.training.data import DeviceData
from rnn_audio.training.teacher_forcing import TeacherForcing

_RATE_HZ = 44100
_EPOCHS = WARM_UPS + 2  # the last two with captured updates, if any are
_HALF = TeacherForcing("linear", start=0.5)
_ALWAYS = TeacherForcing("always")


def train_small_pack(
    device: torch.device | str,
    hidden_size: int,
    models: int,
    *,
    captured: bool,
    mixes: bool = False,
    batch: int = 18,
    update_length: int = 20,
) -> Parameters:
    """Train models with the seeds 0, 1, ... for a few epochs, each with its own pre-emphasis filter.

    An epoch has two batches, of which the second is smaller, and each batch has two updates, of which the second is
    shorter, after a warm-up.

    Args:
        device: where they train.
        hidden_size: H.
        models: number of models, M.
        captured: whether updates run as CUDA graphs.
        mixes: whether about half of the inputs are the model's own last output.
        batch: sequences of the first batch of each epoch, B.
        update_length: samples of the first update of each batch.

    Returns:
        The weights, with a leading model axis, on the device.
    """
    warm_up, segments = update_length // 2, batch + (batch + 1) // 2
    samples = warm_up + update_length + (update_length + 1) // 2
    source = 0.1 * torch.randn(segments, samples, generator=torch.Generator().manual_seed(hidden_size))
    target = torch.tanh(3 * source)
    data = DeviceData(source.to(device), target.to(device), models, batch, hidden_size, warm_up)
    method = BpttMethod(_HALF if mixes else _ALWAYS, update_length, carry_state=True, learning_rate=5e-3)
    objective = EmphasisedErrorToSignal([NAMES[model % len(NAMES)] for model in range(models)], _RATE_HZ, device)
    shape = ModelShape(hidden_size, skip=True)
    trainer = BpttTrainer(shape, method, data, list(range(models)), objective, captured=captured)
    for _ in range(_EPOCHS):
        trainer.train_epoch()
    return {name: tensor.detach() for name, tensor in trainer.parameters.items()}


def largest_difference(pack: Parameters, other: Parameters) -> float:
    """The largest difference of a weight between a pack and another one, or its first models; 0 for the same bits."""
    models = next(iter(other.values())).shape[0]
    differences = torch.stack([(pack[name][:models] - tensor).abs().max() for name, tensor in other.items()])
    return differences.max().item()
