import ctypes
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnn_audio.configuration import accelerator
from rnn_audio.configuration.accelerator import driver_version, require_gpu, resolve_accelerator, unused_gpu
from rnn_audio.errors import InputError


class FakeDriver:
    """A GPU driver with so many GPUs; `status` other than 0 is an error of its initialisation."""

    def __init__(self, gpus: int, status: int = 0) -> None:
        self.gpus, self.status = gpus, status

    def cuInit(self, flags: int) -> int:  # noqa: N802 (the driver's name)
        return self.status

    def cuDeviceGetCount(self, pointer: object) -> int:  # noqa: N802 (the driver's name)
        pointer._obj.value = self.gpus
        return 0


class NamedDriver(FakeDriver):
    """It also answers what GPU it has, and for which CUDA it is, as real ones do."""

    def __init__(self, name: str, capability: tuple[int, int], cuda: int = 13000, status: int = 0) -> None:
        super().__init__(gpus=1)
        self.name, self.capability, self.cuda, self.answer = name, capability, cuda, status

    def cuDriverGetVersion(self, pointer: object) -> int:  # noqa: N802 (the driver's name)
        pointer._obj.value = self.cuda
        return self.answer

    def cuDeviceGet(self, pointer: object, number: int) -> int:  # noqa: N802 (the driver's name)
        assert number == 0
        pointer._obj.value = 7
        return 0

    def cuDeviceGetName(self, text: ctypes.Array, length: int, gpu: ctypes.c_int) -> int:  # noqa: N802
        assert gpu.value == 7
        text.value = self.name.encode()[:length]
        return 0

    def cuDeviceGetAttribute(self, pointer: object, attribute: int, gpu: ctypes.c_int) -> int:  # noqa: N802
        assert gpu.value == 7
        pointer._obj.value = self.capability[{75: 0, 76: 1}[attribute]]
        return 0


def no_driver(name: str) -> FakeDriver:
    raise OSError(f"{name}: cannot open shared object file")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Pretend to be one of the machines below."""

    def pretend(name: str) -> None:
        cuda, driver = MACHINES[name]
        monkeypatch.setattr(accelerator, "_pytorch_cuda", lambda: cuda)
        monkeypatch.setattr(ctypes, "CDLL", driver)

    return pretend


MACHINES = {
    "GPU of which nothing is known": ("13.0", lambda name: FakeDriver(gpus=2)),
    "GPU that does not answer": ("13.0", lambda name: NamedDriver("Tesla P100", (6, 0), status=999)),
    "newest GPU": ("13.0", lambda name: NamedDriver("NVIDIA H100", (9, 0))),
    "oldest GPU": ("13.0", lambda name: NamedDriver("Tesla T4", (7, 5), cuda=13010)),
    "old GPU with CUDA 12": ("12.6", lambda name: NamedDriver("Tesla P100", (6, 0), cuda=12080)),
    "later CUDA": ("14.1", lambda name: NamedDriver("NVIDIA H100", (9, 0), cuda=14000)),
    "PyTorch without CUDA": (None, lambda name: FakeDriver(gpus=2)),
    "no driver": ("13.0", no_driver),
    "no driver, PyTorch without CUDA": (None, no_driver),
    "no GPU": ("13.0", lambda name: FakeDriver(gpus=0)),
    "hidden GPU": ("13.0", lambda name: FakeDriver(gpus=0, status=100)),
    "too old a GPU": ("13.0", lambda name: NamedDriver("Tesla V100", (7, 0))),
    "too old a driver": ("13.0", lambda name: NamedDriver("NVIDIA H100", (9, 0), cuda=12040)),
}
OBSTACLES = {
    "PyTorch without CUDA": "built without CUDA",
    "no driver": "driver .* not installed",
    "no GPU": "finds no GPU",
    "no driver, PyTorch without CUDA": "built without CUDA",
    "hidden GPU": "finds no GPU",
    "too old a GPU": r"the Tesla V100 has compute capability 7\.0, .*\(CUDA 13\.0\) needs 7\.5 or more; .*CUDA 12\.6",
    "too old a driver": r"the NVIDIA driver is for CUDA 12\.4, .*\(CUDA 13\.0\) needs a newer driver",
}
UNUSED = ("PyTorch without CUDA", "too old a GPU", "too old a driver")


@pytest.mark.parametrize("name", MACHINES)
def test_cpu_is_the_cpu_on_every_machine(machine: Callable[[str], None], name: str) -> None:
    machine(name)
    assert resolve_accelerator("cpu") == "cpu"


@pytest.mark.parametrize("name", MACHINES)
def test_the_gpu_of_a_node_is_not_looked_for_here(machine: Callable[[str], None], name: str) -> None:
    machine(name)
    assert resolve_accelerator("cuda_on_node") == "cuda"


@pytest.mark.parametrize("name", [name for name in MACHINES if name not in OBSTACLES])
@pytest.mark.parametrize("setting", ["auto", "cuda"])
def test_a_usable_gpu_is_used(machine: Callable[[str], None], setting: str, name: str) -> None:
    machine(name)
    assert resolve_accelerator(setting) == "cuda"
    require_gpu("gpu_check")


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
    with pytest.raises(InputError, match=f"^gpu_check needs a GPU, but .*{obstacle}"):
        require_gpu("gpu_check")


@pytest.mark.parametrize("name", MACHINES)
def test_a_gpu_that_auto_leaves_unused_is_told_in_one_line(machine: Callable[[str], None], name: str) -> None:
    machine(name)
    said = unused_gpu("auto")
    assert (said is not None) == (name in UNUSED)
    if said is not None:
        assert re.match(f"The CPU trains and not the GPU of this machine, since .*{OBSTACLES[name]}", said)
        assert "\n" not in said
    assert unused_gpu("cpu") is unused_gpu("cuda_on_node") is None


@pytest.mark.parametrize(
    ("program", "version"),
    [("echo 580.65.06; echo 580.65.06", "580.65.06"), ("echo no devices were found; exit 6", None), (None, None)],
    ids=["two GPUs", "no GPU", "no nvidia-smi"],
)
def test_the_drivers_version_is_what_nvidia_smi_says(
    program: str | None, version: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if program is not None:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert driver_version() == version


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
    assert accelerator._pytorch_cuda() == build


def test_without_pytorch_there_is_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator.importlib.util, "find_spec", lambda name: None)
    assert accelerator._pytorch_cuda() is None


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
