"""Triton's engine against PyTorch's, in Triton's interpreter (see conftest); and on a GPU where there is one."""

import subprocess
from collections.abc import Callable
from functools import partial
from types import ModuleType, SimpleNamespace

import pytest
import torch
import triton
import triton.language as tl
from support.packs import Run, normal, random_pack, with_gradients

from rnn_audio.errors import InputError
from rnn_audio.networks import recurrence
from rnn_audio.networks.engines import triton_function, triton_sums
from rnn_audio.networks.engines.choice import OVERRIDE
from rnn_audio.networks.engines.triton_blocks import tanh
from rnn_audio.networks.engines.triton_launch import LAUNCHES, choose_launch
from rnn_audio.networks.model import ModelShape, Parameters
from rnn_audio.networks.recurrence import State
from rnn_audio.training.bptt_method import BpttMethod
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.data import SignalData
from rnn_audio.training.teacher_forcing import TeacherForcing

pytestmark = pytest.mark.emulated

MODELS, SAMPLES = 2, 3
HAS_GPU = torch.cuda.is_available()
interpreted = pytest.mark.skipif(HAS_GPU, reason="with a GPU, triton does not interpret")
every_size = pytest.mark.parametrize(("hidden", "batch"), [(16, 1), (24, 5), (64, 17), (96, 2), (128, 1)])
KERNELS = [(triton_function, name) for name in ("forward_kernel", "backward_kernel")]
KERNELS += [(triton_sums, name) for name in ("linear_kernel", "part_kernel", "total_kernel")]
Results = dict[str, torch.Tensor]
UseEngine = Callable[[str], None]


@pytest.fixture
def use_engine(monkeypatch: pytest.MonkeyPatch) -> UseEngine:
    return partial(monkeypatch.setenv, OVERRIDE)


def plain(parameters: Parameters, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    return recurrence.run(parameters, inputs, state)


def free(parameters: Parameters, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    return recurrence.free_run(parameters, inputs[..., 0], inputs.shape[-1], state)


def mixed(parameters: Parameters, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    forced = normal(*inputs.shape, seed=6).to(inputs.device) > 0
    assert forced.any() and not forced.all()
    previous = normal(*inputs.shape[:2], seed=5, dtype=inputs.dtype).to(inputs.device)
    return recurrence.mixed_run(parameters, inputs, forced, previous, state)


def results(run: Run, hidden: int, batch: int, dtype: torch.dtype = torch.float64, device: str = "cpu") -> Results:
    parameters = {name: tensor.to(device) for name, tensor in random_pack(MODELS, hidden, dtype).items()}
    inputs = normal(MODELS, batch, SAMPLES, dtype=dtype).to(device)
    h, c = (normal(MODELS, batch, hidden, seed=seed, dtype=dtype).to(device) for seed in (1, 2))
    return with_gradients(run, parameters, inputs, (h, c))


def assert_close(ours: Results, theirs: Results, rtol: float, atol: float) -> None:
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        torch.testing.assert_close(
            ours[name].cpu().double(), expected, rtol=rtol, atol=atol, msg=lambda text, name=name: f"{name}: {text}"
        )


@triton.jit
def tanh_kernel(source, result) -> None:  # noqa: ANN001 (Triton's)
    places = tl.arange(0, 4096)
    tl.store(result + places, tanh(tl.load(source + places)))


@interpreted
@pytest.mark.parametrize("run", [plain, mixed, free])
@every_size
def test_results_and_gradients_are_those_of_pytorchs_engine(
    run: Run, hidden: int, batch: int, use_engine: UseEngine
) -> None:
    use_engine("triton")
    ours = results(run, hidden, batch)
    use_engine("pytorch")
    assert_close(ours, results(run, hidden, batch), rtol=1e-10, atol=1e-11)


@interpreted
@pytest.mark.parametrize("run", [plain, mixed])
def test_float32_rounds_and_no_more(run: Run, use_engine: UseEngine) -> None:
    use_engine("triton")
    ours = results(run, hidden=24, batch=3, dtype=torch.float32)
    use_engine("pytorch")
    assert all(tensor.dtype == torch.float32 for tensor in ours.values())
    assert_close(ours, results(run, hidden=24, batch=3), rtol=2e-5, atol=2e-5)


@interpreted
def test_the_other_precision_is_another_launch_of_the_same_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    from rnn_audio.networks.engines import triton_recurrence

    monkeypatch.setenv(OVERRIDE, "triton")
    ours = results(plain, hidden=24, batch=17)
    monkeypatch.setattr(triton_recurrence, "lstm", partial(triton_recurrence.lstm, precision="tf32x3"))
    assert_close(results(plain, hidden=24, batch=17), ours, rtol=1e-12, atol=1e-13)


@interpreted
@pytest.mark.parametrize("run", [plain, mixed])
def test_a_pack_is_its_models_alone_bit_by_bit(run: Run, use_engine: UseEngine) -> None:
    use_engine("triton")
    hidden, batch, models = 24, 5, 3
    parameters = random_pack(models, hidden, torch.float32)
    tensors = {"inputs": normal(models, batch, SAMPLES, dtype=torch.float32)}
    tensors |= {"h": normal(models, batch, hidden, seed=1, dtype=torch.float32)}
    tensors |= {"c": normal(models, batch, hidden, seed=2, dtype=torch.float32)}
    forced, previous = normal(models, batch, SAMPLES, seed=6) > 0, normal(models, batch, seed=5, dtype=torch.float32)

    def results_of(chosen: slice) -> Results:
        def mixed_alike(own: Parameters, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
            return recurrence.mixed_run(own, inputs, forced[chosen], previous[chosen], state)

        own = {name: tensor[chosen] for name, tensor in parameters.items()}
        state = tensors["h"][chosen], tensors["c"][chosen]
        return with_gradients(mixed_alike if run is mixed else run, own, tensors["inputs"][chosen], state)

    pack = results_of(slice(None))
    for model in range(models):
        alone = results_of(slice(model, model + 1))
        assert [name for name in pack if not torch.equal(pack[name][model], alone[name][0])] == []


@interpreted
@pytest.mark.parametrize("cuts", [[1], [1, 2]])
def test_carrying_the_state_over_chunks_equals_the_whole(cuts: list[int], use_engine: UseEngine) -> None:
    def in_chunks(parameters: Parameters, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        pieces = []
        for chunk in inputs.tensor_split(cuts, dim=-1):
            outputs, state = recurrence.run(parameters, chunk, state)
            pieces.append(outputs)
        return torch.cat(pieces, dim=-1), state

    use_engine("triton")
    assert_close(results(in_chunks, 24, 3), results(plain, 24, 3), rtol=1e-11, atol=1e-12)


@interpreted
def test_expanded_inputs_and_states_are_those_written_out(use_engine: UseEngine) -> None:
    use_engine("triton")
    parameters = random_pack(MODELS, 16)
    signal, h = normal(SAMPLES), normal(MODELS, 1, 16, seed=1)
    inputs, state = signal.expand(MODELS, 3, SAMPLES), (h.expand(-1, 3, -1), h.expand(-1, 3, -1))
    expanded = recurrence.run(parameters, inputs, state)
    written_out = recurrence.run(parameters, inputs.clone(), (state[0].clone(), state[1].clone()))
    assert torch.equal(expanded[0], written_out[0])
    assert torch.equal(expanded[1][0], written_out[1][0])


@interpreted
@pytest.mark.parametrize("run", [plain, mixed])
def test_outputs_without_gradients_are_the_same(run: Run, use_engine: UseEngine) -> None:
    use_engine("triton")
    with_gradient = results(run, hidden=24, batch=5)
    inputs, (h, c) = normal(MODELS, 5, SAMPLES), (normal(MODELS, 5, 24, seed=seed) for seed in (1, 2))
    outputs, state = run(random_pack(MODELS, 24), inputs, (h, c))
    assert torch.equal(outputs, with_gradient["outputs"])
    assert torch.equal(state[1], with_gradient["last c"])


@interpreted
@pytest.mark.parametrize(("run", "uses"), [(plain, False), (mixed, True), (free, True)])
def test_a_linear_layer_that_is_not_used_gets_no_gradient(run: Run, uses: bool, use_engine: UseEngine) -> None:
    use_engine("triton")
    parameters = {name: tensor.requires_grad_() for name, tensor in random_pack(MODELS, 16).items()}
    inputs, (h, c) = normal(MODELS, 3, SAMPLES), (normal(MODELS, 3, 16, seed=seed) for seed in (1, 2))
    run(parameters, inputs, (h, c))[1][1].sum().backward()
    assert [parameters[f"linear.{name}"].grad is not None for name in ("weight", "bias")] == [uses, uses]


@interpreted
def test_mixed_run_passes_no_gradient_to_the_preceding_output(use_engine: UseEngine) -> None:
    use_engine("triton")
    parameters = {name: tensor.requires_grad_() for name, tensor in random_pack(1, 16).items()}
    previous = normal(1, 2).requires_grad_()
    state = normal(1, 2, 16), normal(1, 2, 16)
    never = torch.zeros(1, 2, 3, dtype=torch.bool)
    outputs, _ = recurrence.mixed_run(parameters, normal(1, 2, 3), never, previous, state)
    assert torch.autograd.grad(outputs.sum(), previous, allow_unused=True) == (None,)


@interpreted
def test_a_gradient_does_not_change_what_the_caller_holds(use_engine: UseEngine) -> None:
    use_engine("triton")
    parameters = {name: tensor.requires_grad_() for name, tensor in random_pack(1, 16).items()}
    state = normal(1, 2, 16), normal(1, 2, 16)
    outputs, _ = mixed(parameters, normal(1, 2, SAMPLES), state)
    given = normal(1, 2, SAMPLES, seed=8)
    kept = given.clone()
    first = torch.autograd.grad(outputs, list(parameters.values()), given, retain_graph=True)
    assert torch.equal(given, kept)
    again = torch.autograd.grad(outputs, list(parameters.values()), given)
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))


@interpreted
@pytest.mark.parametrize("captured", [False, True])
def test_training_is_that_with_pytorchs_engine(captured: bool, use_engine: UseEngine) -> None:
    def trained(engine: str) -> BpttTrainer:
        use_engine(engine)
        schedule = TeacherForcing("linear", start=1.0, slope_per_epoch=0.5, minimum=0.0)  # known, mixed, free
        method = BpttMethod(schedule, update_length=4, carry_state=True, learning_rate=1e-2)
        data = SignalData(normal(8, dtype=torch.float32), MODELS, 3, 16, silent_seed=False, state_scale=0.5)
        trainer = BpttTrainer(ModelShape(16), method, data, list(range(MODELS)), captured=captured)
        for _ in range(3):
            trainer.train_epoch()
        return trainer

    torch.testing.assert_close(trained("triton").history, trained("pytorch").history, rtol=1e-5, atol=0)


@interpreted
@pytest.mark.parametrize("run", [plain, mixed, free])
def test_around_the_kernels_all_stays_on_the_gpu(
    run: Run, gpu: ModuleType, use_engine: UseEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_engine("triton")
    on_cpu = results(run, hidden=24, batch=5)
    for module, name in KERNELS:
        monkeypatch.setattr(module, name, gpu.Launched(getattr(module, name)))
    monkeypatch.setattr(triton_function.Recurrence, "forward", gpu.repeatable(triton_function.Recurrence.forward))
    monkeypatch.setattr(triton_function.Recurrence, "backward", gpu.repeatable(triton_function.Recurrence.backward))
    assert_close(results(run, hidden=24, batch=5, device=gpu.DEVICE), on_cpu, rtol=0, atol=0)


@interpreted
@pytest.mark.filterwarnings("ignore:overflow encountered in exp")  # where the exponential is infinite, tanh is 1
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tanh_keeps_its_digits_near_zero(dtype: torch.dtype) -> None:
    positive = torch.logspace(-6, 2, 2048, dtype=torch.float64)
    x = torch.cat([-positive.flip(0), positive]).to(dtype)
    ours = torch.empty_like(x)
    tanh_kernel[(1,)](x, ours)
    tolerance = {torch.float32: (2e-7, 0.0), torch.float64: (1e-14, 1e-15)}[dtype]
    torch.testing.assert_close(ours.double(), x.double().tanh(), rtol=tolerance[0], atol=tolerance[1])


def test_a_tensor_on_the_cpu_outside_the_interpreter_is_an_error() -> None:
    with pytest.raises(InputError, match=r"on cpu.*RNN_AUDIO_ENGINE"):
        choose_launch(torch.zeros(1, 64, 16), "ieee", interpreted=False)


@pytest.mark.parametrize(
    "lacks",
    [
        RuntimeError("Failed to find C compiler."),
        subprocess.CalledProcessError(1, ["gcc", "cuda_utils.c"]),
        AssertionError("libcuda.so cannot found!"),
    ],
)
def test_a_machine_on_which_triton_cannot_launch_is_an_error(lacks: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    class Driver:
        def get_current_target(self) -> None:
            raise lacks

    monkeypatch.setattr(triton.runtime.driver, "_active", Driver())
    on_gpu = SimpleNamespace(is_cuda=True, dtype=torch.float32, shape=(1, 64, 16))
    with pytest.raises(InputError, match=r"(?s)cannot launch.*(compiler|gcc|libcuda).*python3-dev"):
        choose_launch(on_gpu, "ieee", interpreted=False)


@pytest.mark.parametrize(
    ("hidden", "dtype", "precision", "message"),
    [
        (129, torch.float32, "ieee", "hidden size 129 is above 128"),
        (96, torch.float32, "tf32x3", "hidden size 96 is above 64"),
        (16, torch.float32, "tf32", "must be one of ieee, tf32x3"),
        (16, torch.float16, "ieee", "float16"),
    ],
)
def test_what_the_kernels_do_not_have_is_an_error(
    hidden: int, dtype: torch.dtype, precision: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        choose_launch(torch.zeros(1, 4 * hidden, hidden, dtype=dtype), precision, interpreted=True)


@pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")
@pytest.mark.parametrize("precision", LAUNCHES)
@pytest.mark.parametrize("run", [plain, mixed, free])
@every_size
def test_results_on_a_gpu_are_those_of_pytorch_in_float64(
    run: Run, hidden: int, batch: int, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnn_audio.networks.engines import triton_recurrence

    if hidden > max(LAUNCHES[precision]):
        pytest.skip("not in this precision")
    for name in ("lstm", "mixed"):
        own = partial(getattr(triton_recurrence, name), precision=precision)
        monkeypatch.setattr(triton_recurrence, name, own)
    ours = results(run, hidden, batch, torch.float32, "cuda")
    monkeypatch.setenv(OVERRIDE, "pytorch")
    assert_close(ours, results(run, hidden, batch), rtol=2e-5, atol=2e-5)
