"""The kernels compile for real GPUs, and fit on them. That needs no GPU; in a process of its own, which interprets
nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.places import REPOSITORY

SHARED_MEMORY = {80: 163 * 1024, 86: 99 * 1024, 90: 227 * 1024}
"""Most bytes of a program, by compute capability."""

PROGRAM = """
import json, sys
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from rnn_audio.networks.engines.triton_backward import backward_kernel
from rnn_audio.networks.engines.triton_forward import forward_kernel
from rnn_audio.networks.engines.triton_launch import LAUNCHES, block_size

capability, precision, hidden = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
launch = LAUNCHES[precision][hidden].for_batch(int(sys.argv[5]))
shared = []
for kernel in (forward_kernel, backward_kernel):
    for mixed in json.loads(sys.argv[4]):
        constants = {"HIDDEN": hidden, "BLOCK_B": launch.rows, "BLOCK_H": block_size(hidden), "MIXED": mixed}
        constants |= {"RESIDENT": launch.resident, "KEEP": True, "PRECISION": precision}
        constants = {name: value for name, value in constants.items() if name in kernel.arg_names}
        if "input_stride_t" in kernel.arg_names:
            constants["input_stride_t"] = 1
        types = dict.fromkeys(kernel.arg_names, "*fp32") | {"forced": "*u8"}
        numbers = ("batch", "steps", "input_stride_m", "input_stride_b")
        types |= {name: "i32" for name in numbers if name in types} | dict.fromkeys(constants, "constexpr")
        # As at a launch: PyTorch's memory begins at multiples of 16 bytes.
        pointers = [place for place, name in enumerate(kernel.arg_names) if types[name].startswith("*")]
        aligned = {(place,): [["tt.divisibility", 16]] for place in pointers}
        target = GPUTarget("cuda", capability, 32)
        options = {"num_warps": launch.warps, "num_stages": 1}
        shared.append(triton.compile(ASTSource(kernel, types, constants, aligned), target, options).metadata.shared)
print(json.dumps(shared))
"""


@pytest.mark.parametrize(
    ("capability", "precision", "hidden", "mixed", "batch"),
    [
        (90, "ieee", 64, "[false, true]", 50),
        (90, "ieee", 64, "[false]", 1),
        (80, "ieee", 64, "[true]", 50),
        (86, "ieee", 128, "[true]", 50),
        (90, "ieee", 128, "[true]", 1),
        (90, "tf32x3", 64, "[true]", 1),
    ],
)
def test_the_kernels_compile_and_fit(
    capability: int, precision: str, hidden: int, mixed: str, batch: int, tmp_path: Path
) -> None:
    environment = os.environ | {
        "TRITON_INTERPRET": "0",
        "TRITON_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": str(REPOSITORY / "workflow"),
    }
    arguments = [str(capability), precision, str(hidden), mixed, str(batch)]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert max(json.loads(ended.stdout)) <= SHARED_MEMORY[capability]
