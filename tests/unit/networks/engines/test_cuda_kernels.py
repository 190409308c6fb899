"""The CUDA kernels against PyTorch, compiled for the CPU (support/emulated_gpu); and that they compile for GPUs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from support.emulated_gpu import COMPILER, Launch, compile_kernels
from support.packs import normal, random_pack, with_gradients
from support.places import REPOSITORY

from rnn_audio.networks import recurrence
from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.engines import cuda_kernels
from rnn_audio.networks.model import Parameters
from rnn_audio.networks.recurrence import State

SOURCE = REPOSITORY / "workflow" / "rnn_audio" / "networks" / "engines" / "cuda_kernels.cu"
NVCC = shutil.which("nvcc")
HAS_GPU = torch.cuda.is_available()

pytestmark = pytest.mark.emulated
interpreted = [
    pytest.mark.skipif(COMPILER is None, reason="needs g++"),
    pytest.mark.skipif(HAS_GPU, reason="with a GPU, Triton's kernels around these are not interpreted"),
]
Results = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Launch:
    return compile_kernels(tmp_path_factory.mktemp("kernels"))


def run(parameters: Parameters, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    return recurrence.run(parameters, inputs, state)


def problem(models: int, hidden: int, batch: int, steps: int, scale: float = 1.0) -> tuple[Parameters, Results]:
    """Weights, and inputs and states, in float32."""
    tensors = {"x": scale * normal(models, batch, steps, dtype=torch.float32)}
    tensors |= {"h": normal(models, batch, hidden, seed=1, dtype=torch.float32).tanh()}
    tensors |= {"c": normal(models, batch, hidden, seed=2, dtype=torch.float32)}
    return random_pack(models, hidden, torch.float32), tensors


def by(engine: str, parameters: Parameters, tensors: Results, monkeypatch: pytest.MonkeyPatch) -> Results:
    monkeypatch.setenv(engines.OVERRIDE, engine)
    return with_gradients(run, parameters, tensors["x"], (tensors["h"], tensors["c"]))


def in_float64(tensors: Results) -> Results:
    return {name: tensor.double() for name, tensor in tensors.items()}


@pytest.fixture
def kernels(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CUDA engine runs the emulated kernels."""
    monkeypatch.setattr(cuda_kernels, "launch", launch)
    monkeypatch.setattr(engines, "_is_installed", lambda engine: True)


class TestEmulated:
    pytestmark = interpreted

    @pytest.mark.parametrize(
        ("models", "hidden", "batch", "steps"),
        # Tiles that are full, that are not, and a single sequence; fewer samples than are copied ahead; several parts.
        [(2, 32, 9, 5), (1, 64, 8, 4), (1, 32, 1, 1), (1, 64, 3, 2), (1, 32, 50, 3)],
    )
    @pytest.mark.usefixtures("kernels")
    def test_results_and_gradients_are_those_of_pytorch_in_float64(
        self, models: int, hidden: int, batch: int, steps: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parameters, tensors = problem(models, hidden, batch, steps)
        ours = by(engines.CUDA, parameters, tensors, monkeypatch)
        exact = by("pytorch", in_float64(parameters), in_float64(tensors), monkeypatch)
        errors = {name: ((ours[name] - tensor).norm() / tensor.norm()).item() for name, tensor in exact.items()}
        assert max(errors.values()) < 1e-6, errors

    @pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e12, 1e30])
    @pytest.mark.usefixtures("kernels")
    def test_gradients_keep_their_digits_at_any_scale(self, scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
        """Backward, float16 has to be scaled: a loss may be tiny or huge, and each sequence another."""
        parameters, tensors = problem(1, 32, 3, 4)
        weight = scale * torch.tensor([1.0, 1e-3, 0.0]).view(1, 3, 1) * normal(1, 3, 4, seed=7)

        def gradients(engine: str, dtype: torch.dtype) -> list[torch.Tensor]:
            monkeypatch.setenv(engines.OVERRIDE, engine)
            own = {name: tensor.to(dtype).requires_grad_() for name, tensor in parameters.items()}
            h, c = (tensors[name].to(dtype).requires_grad_() for name in ("h", "c"))
            outputs, _ = recurrence.run(own, tensors["x"].to(dtype), (h, c))
            return list(torch.autograd.grad(outputs, [*own.values(), h, c], weight.to(dtype)))

        exact = gradients("pytorch", torch.float64)
        for ours, theirs in zip(gradients(engines.CUDA, torch.float32), exact, strict=True):
            assert ((ours - theirs).norm() / theirs.norm()).item() < 2e-6

    @pytest.mark.usefixtures("kernels")
    def test_a_pack_is_its_models_alone_bit_by_bit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parameters, tensors = problem(3, 32, 10, 4)
        pack = by(engines.CUDA, parameters, tensors, monkeypatch)
        for model in range(3):
            only = slice(model, model + 1)
            own = [{name: tensor[only] for name, tensor in each.items()} for each in (parameters, tensors)]
            alone = by(engines.CUDA, *own, monkeypatch)
            assert [name for name in pack if not torch.equal(pack[name][model], alone[name][0])] == []

    @pytest.mark.usefixtures("kernels")
    def test_one_model_that_is_not_a_number_leaves_the_others_as_they_are(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parameters, tensors = problem(2, 32, 3, 4)
        healthy = by(engines.CUDA, parameters, tensors, monkeypatch)
        parameters["lstm.weight_hh"][1, 5, 5] = float("nan")
        ill = by(engines.CUDA, parameters, tensors, monkeypatch)
        assert [name for name in ill if not torch.equal(ill[name][0], healthy[name][0])] == []
        assert ill["outputs"][1].isnan().any()
        assert ill["gradient of lstm.weight_hh"][1].isnan().any()

    @pytest.mark.usefixtures("kernels")
    def test_without_gradients_the_outputs_are_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parameters, tensors = problem(2, 32, 9, 5)
        expected = by(engines.CUDA, parameters, tensors, monkeypatch)
        with torch.no_grad():
            outputs, (h, c) = run(parameters, tensors["x"], (tensors["h"], tensors["c"]))
        assert torch.equal(outputs, expected["outputs"])
        assert torch.equal(h, expected["last h"])
        assert torch.equal(c, expected["last c"])

    @pytest.mark.usefixtures("kernels")
    def test_expanded_and_strided_inputs_are_those_written_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parameters, tensors = problem(2, 32, 9, 5)
        signal = tensors["x"][:1, :1].expand(2, 9, -1)
        sparse = torch.stack([signal, signal], dim=-1).flatten(-2)[..., ::2]
        results = [
            by(engines.CUDA, parameters, tensors | {"x": inputs}, monkeypatch)
            for inputs in (signal.contiguous(), signal, sparse)
        ]
        for other in results[1:]:
            assert [name for name in other if not torch.equal(other[name], results[0][name])] == []


@pytest.mark.skipif(NVCC is None, reason="needs nvcc")
@pytest.mark.parametrize("capability", [80, 90])
def test_the_kernels_compile_without_spilling_in_their_loops(capability: int, tmp_path: Path) -> None:
    """Every kernel fits into the registers and the shared memory that its launch assumes."""
    floats, numbers = "const float *", "float *"
    signatures = {
        "forward<{}, true>": [floats] * 6 + [numbers] * 4 + ["int"] * 4,
        "forward<{}, false>": [floats] * 6 + [numbers] * 4 + ["int"] * 4,
        "backward<{}>": [floats] * 8 + [numbers] * 4 + ["int"] * 4,
        "recurrent_gradient<{}>": [floats] * 2 + [numbers] + ["int"] * 3,
    }
    lines = [
        f"template __global__ void {name.format(size)}({', '.join(types)});"
        for name, types in signatures.items()
        for size in engines.CUDA_HIDDEN_SIZES
    ]
    program = tmp_path / "all.cu"
    program.write_text("\n".join([f'#include "{SOURCE}"', *lines]), encoding="utf-8")
    command = [NVCC, f"-arch=sm_{capability}", "-std=c++17", "-Xptxas", "-v", "-cubin", "-o", tmp_path / "all.cubin"]
    ended = subprocess.run([*command, program], capture_output=True, text=True, check=False, env=os.environ)
    assert ended.returncode == 0, ended.stderr
    reports = [line for line in ended.stderr.splitlines() if "Used" in line]
    assert len(reports) == len(lines)
    assert all(int(line.split("Used")[1].split()[0]) <= 128 for line in reports)
    spilled = [int(line.split("stack frame, ")[1].split()[0]) for line in ended.stderr.splitlines() if "spill" in line]
    assert max(spilled) <= 128  # bytes: addresses that are needed before and after the loop


@pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")
@pytest.mark.parametrize("hidden", engines.CUDA_HIDDEN_SIZES)
@pytest.mark.parametrize(("batch", "steps"), [(1, 1), (3, 2), (9, 5), (50, 300)])
def test_results_on_a_gpu_are_those_of_pytorch_in_float64(
    hidden: int, batch: int, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters, tensors = problem(2, hidden, batch, steps)
    on_gpu = [{name: tensor.cuda() for name, tensor in each.items()} for each in (parameters, tensors)]
    ours = by(engines.CUDA, *on_gpu, monkeypatch)
    exact = by("pytorch", in_float64(parameters), in_float64(tensors), monkeypatch)
    errors = {name: ((ours[name].cpu() - each).norm() / each.norm()).item() for name, each in exact.items()}
    assert max(errors.values()) < 2e-6, errors
