import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import ModuleType

import pytest
import torch
from support.recorded import Recorded

from rnn_audio.losses.objectives import EmphasisedErrorToSignal
from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.model import ModelShape
from rnn_audio.training import captured_update
from rnn_audio.training.bptt_method import BpttMethod
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.captured_update import WARM_UPS, CapturedUpdate, Tensors, Update
from rnn_audio.training.data import DeviceData, SignalData
from rnn_audio.training.teacher_forcing import TeacherForcing
from rnn_audio.training.trainer import DivergenceError

pytestmark = pytest.mark.emulated

HIDDEN, BATCH, SAMPLES = 6, 3, 21
SEEDS = [5, 8]
LINEAR = TeacherForcing("linear", start=0.75, slope_per_epoch=0.25, minimum=0.0)
FULL = BpttMethod(TeacherForcing("always"), update_length=None, carry_state=True, learning_rate=5e-3)
TRUNCATED = replace(FULL, update_length=6)  # the last stretch is shorter
METHODS = {
    "full": FULL,
    "free": replace(FULL, teacher_forcing=TeacherForcing("never")),
    "truncated": TRUNCATED,
    "reset": replace(TRUNCATED, carry_state=False),
    "annealed, truncated, clipped": replace(TRUNCATED, teacher_forcing=LINEAR, gradient_clip_norm=0.1),
}
Make = Callable[..., BpttTrainer]


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def sine() -> torch.Tensor:
    return torch.sin(torch.arange(SAMPLES) * 0.7)


def signal_trainer(
    method: BpttMethod, captured: bool, signal: torch.Tensor | None = None, device: str = "cpu"
) -> BpttTrainer:
    signal = (sine() if signal is None else signal).to(device)
    data = SignalData(signal, len(SEEDS), BATCH, HIDDEN, silent_seed=False, state_scale=0.7)
    return BpttTrainer(ModelShape(HIDDEN), method, data, SEEDS, captured=captured)


def device_trainer(captured: bool, warm_up: int, device: str = "cpu") -> BpttTrainer:
    """With filters that carry a state, a last batch that is smaller, and a skip connection."""
    source, target = (normal(5, 23, seed=seed).to(device) for seed in (0, 1))
    data = DeviceData(source, target, len(SEEDS), 2, HIDDEN, warm_up)
    objective = EmphasisedErrorToSignal(["a_weighting", "none"], 44100, device)
    return BpttTrainer(ModelShape(HIDDEN, skip=True), TRUNCATED, data, SEEDS, objective, captured=captured)


MAKERS = {name: partial(signal_trainer, method) for name, method in METHODS.items()}
MAKERS |= {f"device, warm-up {samples}": partial(device_trainer, warm_up=samples) for samples in (0, 4)}
every_training = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    """Updates are recorded and repeated as on a GPU; all recordings."""
    recordings = []
    monkeypatch.setenv(engines.OVERRIDE, "pytorch")  # recordings hold what PyTorch runs, not compiled loops

    class Graph:
        def __init__(self, function: Callable[[], None]) -> None:
            self.recorded, self.has_run = Recorded(function), True
            recordings.append(self.recorded)

        def replay(self) -> None:  # a capture runs nothing, a recording does: the first replay has been
            if not self.has_run:
                self.recorded.replay()
            self.has_run = False

    def capture(self: CapturedUpdate, update: Update, mode: str, shape: captured_update._Shape) -> None:
        shape.graph = Graph(lambda: self._run(update, mode, shape))

    initialise = CapturedUpdate.__init__
    monkeypatch.setattr(CapturedUpdate, "__init__", lambda self, on_gpu: initialise(self, on_gpu=True))
    monkeypatch.setattr(CapturedUpdate, "_run_on_side_stream", CapturedUpdate._run)
    monkeypatch.setattr(CapturedUpdate, "_capture", capture)
    return recordings


def assert_same_training(one: BpttTrainer, other: BpttTrainer) -> None:
    assert one.history == other.history
    ours, theirs = one.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    assert [name for name in theirs if not torch.equal(ours[name].cpu(), theirs[name].cpu())] == []


def train(trainer: BpttTrainer, epochs: int) -> BpttTrainer:
    for _ in range(epochs):
        trainer.train_epoch()
    return trainer


@every_training
def test_training_by_captured_updates_is_training_bit_by_bit(make: Make) -> None:
    assert_same_training(train(make(True), 5), train(make(False), 5))


@every_training
def test_training_by_repeated_kernels_is_training_bit_by_bit(make: Make, graphs: list[Recorded]) -> None:
    epochs = 3 * WARM_UPS
    assert_same_training(train(make(True), epochs), train(make(False), epochs))
    assert graphs


@pytest.mark.parametrize("break_behind", [2, 6])
def test_training_goes_on_from_its_state_in_new_graphs(break_behind: int, graphs: list[Recorded]) -> None:
    trainer = train(signal_trainer(TRUNCATED, True), break_behind)
    state = {name: tensor.clone() for name, tensor in trainer.state_dict().items()}
    train(trainer, 2)
    trainer.load_state_dict({name: tensor.clone() for name, tensor in state.items()})
    assert_same_training(train(trainer, 4), train(signal_trainer(TRUNCATED, False), break_behind + 4))


def test_a_checkpoint_goes_from_one_way_to_the_other() -> None:
    state = {name: tensor.clone() for name, tensor in train(signal_trainer(FULL, False), 3).state_dict().items()}
    trainer = signal_trainer(FULL, True)
    trainer.load_state_dict(state)
    assert_same_training(train(trainer, 2), train(signal_trainer(FULL, False), 5))


def test_each_shape_and_mode_has_a_graph(graphs: list[Recorded]) -> None:
    train(signal_trainer(METHODS["annealed, truncated, clipped"], True), 3 * WARM_UPS)
    # Mixed and free, each with stretches of 6 samples and of the 2 that are left; free alone lasts for the latter.
    assert len(graphs) == 3


def test_a_loss_that_is_not_finite_is_told_behind_the_batch_with_its_update() -> None:
    signal = sine()
    signal[15] = math.nan
    trainer = signal_trainer(TRUNCATED, True, signal)
    with pytest.raises(DivergenceError, match=r"seed 5\b.*epoch 1, update 3\b"):
        trainer.train_epoch()
    assert trainer.history == []


def test_what_is_returned_outlives_the_next_update_where_it_must() -> None:
    def update(mode: str, stretch: Tensors, carried: Tensors) -> tuple[torch.Tensor, Tensors]:
        return stretch[0].sum(dim=1), (carried[0] + 1,)

    captured = CapturedUpdate(on_gpu=False)
    state = torch.zeros(2)
    first, (carried,) = captured(update, "any", (torch.ones(2, 3),), (state,))
    second, (carried,) = captured(update, "any", (2 * torch.ones(2, 5),), (carried,))
    assert (first.tolist(), second.tolist()) == ([3.0, 3.0], [10.0, 10.0])
    assert carried.tolist() == [2.0, 2.0]
    assert state.tolist() == [0.0, 0.0]


def test_a_cpu_captures_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engines.OVERRIDE, "triton")
    data = SignalData(torch.ones(4), 1, 1, HIDDEN, silent_seed=False, state_scale=0.0)
    assert BpttTrainer(ModelShape(HIDDEN), FULL, data, [1])._captured is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@every_training
def test_training_on_a_gpu_by_graphs_is_training_without_them(make: Make) -> None:
    by_graphs, plain = (train(make(captured=captured, device="cuda"), 4 * WARM_UPS) for captured in (True, False))
    assert_same_training(by_graphs, plain)


@every_training
def test_an_update_does_not_wait_for_the_device(make: Make, gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CapturedUpdate, "_run", gpu.repeatable(CapturedUpdate._run))
    assert_same_training(train(make(captured=True, device=gpu.DEVICE), 3), train(make(captured=True), 3))


def test_captured_updates_are_counted() -> None:
    by_graphs, plain = (
        train(signal_trainer(TRUNCATED, captured, torch.ones(SAMPLES)), 2) for captured in (True, False)
    )
    assert by_graphs.optimiser.steps_made() == plain.optimiser.steps_made() > 2
