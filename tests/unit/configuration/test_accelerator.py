import ctypes
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnn_audio.configuration import accelerator
from rnn_audio.configuration.accelerator import resolve_accelerator
from rnn_audio.errors import InputError


class FakeDriver:
    """A GPU driver with so many GPUs; `status` other than 0 is an error of its initialisation."""

    def __init__(self, gpus: int, status: int = 0, capability: tuple[int, int] = (9, 0)) -> None:
        self.gpus, self.status, self.capability = gpus, status, capability

    def cuInit(self, flags: int) -> int:  # noqa: N802 (the driver's name)
        return self.status

    def cuDeviceGetCount(self, pointer: object) -> int:  # noqa: N802 (the driver's name)
        pointer._obj.value = self.gpus
        return 0

    def cuDeviceGetAttribute(self, pointer: object, attribute: int, device: int) -> int:  # noqa: N802
        pointer._obj.value = self.capability[attribute - 75]
        return 0


def no_driver(name: str) -> FakeDriver:
    raise OSError(f"{name}: cannot open shared object file")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Pretend to be one of the machines below."""

    def pretend(name: str) -> None:
        has_cuda, driver = MACHINES[name]
        monkeypatch.setattr(accelerator, "_pytorch_has_cuda", lambda: has_cuda)
        monkeypatch.setattr(ctypes, "CDLL", driver)

    return pretend


MACHINES = {
    "GPU": (True, lambda name: FakeDriver(gpus=2)),
    "old GPU": (True, lambda name: FakeDriver(gpus=1, capability=(6, 1))),
    "PyTorch without CUDA": (False, lambda name: FakeDriver(gpus=2)),
    "no driver": (True, no_driver),
    "no GPU": (True, lambda name: FakeDriver(gpus=0)),
    "hidden GPU": (True, lambda name: FakeDriver(gpus=0, status=100)),
}
OBSTACLES = {
    "PyTorch without CUDA": "built without CUDA",
    "no driver": "driver .* not installed",
    "old GPU": r"capability is 6\.1, below 7\.5",
    "no GPU": "finds no GPU",
    "hidden GPU": "finds no GPU",
}


@pytest.mark.parametrize("name", MACHINES)
def test_cpu_is_the_cpu_on_every_machine(machine: Callable[[str], None], name: str) -> None:
    machine(name)
    assert resolve_accelerator("cpu") == "cpu"


@pytest.mark.parametrize("name", MACHINES)
def test_the_gpu_of_a_node_is_not_looked_for_here(machine: Callable[[str], None], name: str) -> None:
    machine(name)
    assert resolve_accelerator("cuda_on_node") == "cuda"


@pytest.mark.parametrize("setting", ["auto", "cuda"])
def test_a_usable_gpu_is_used(machine: Callable[[str], None], setting: str) -> None:
    machine("GPU")
    assert resolve_accelerator(setting) == "cuda"


@pytest.mark.parametrize("name", OBSTACLES)
def test_auto_without_a_usable_gpu_is_the_cpu(machine: Callable[[str], None], name: str) -> None:
    machine(name)
    assert resolve_accelerator("auto") == "cpu"


@pytest.mark.parametrize(("name", "obstacle"), OBSTACLES.items())
def test_cuda_without_a_usable_gpu_is_an_error_that_says_why(
    machine: Callable[[str], None], name: str, obstacle: str
) -> None:
    machine(name)
    with pytest.raises(InputError, match=f"accelerator: cuda.*{obstacle}"):
        resolve_accelerator("cuda")


@pytest.mark.parametrize("build", [None, "12.8"])
def test_pytorchs_build_is_read_from_its_version_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: str | None
) -> None:
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "version.py").write_text(
        f"from typing import Optional\n__version__ = '3'\ncuda: Optional[str] = {build!r}\n"
    )
    spec = accelerator.importlib.util.spec_from_file_location("torch", package / "__init__.py")
    monkeypatch.setattr(accelerator.importlib.util, "find_spec", lambda name: spec)
    assert accelerator._pytorch_has_cuda() == (build is not None)


def test_without_pytorch_there_is_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator.importlib.util, "find_spec", lambda name: None)
    assert not accelerator._pytorch_has_cuda()


def test_this_machines_device_is_found_out_as_by_pytorch_and_without_importing_it() -> None:
    program = (
        "import sys; from rnn_audio.configuration.accelerator import resolve_accelerator;"
        "accelerator = resolve_accelerator('auto');"
        "assert 'torch' not in sys.modules; print(accelerator)"
    )
    library = str(Path(accelerator.__file__).parents[2])
    found = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": library}, capture_output=True, check=True
    )
    import torch

    assert found.stdout.decode().strip() == ("cuda" if torch.cuda.is_available() else "cpu")
