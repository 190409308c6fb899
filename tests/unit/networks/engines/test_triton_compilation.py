"""The kernels compile for real GPUs, and fit on them. That needs no GPU; in a process of its own, which interprets
nothing."""

import json
import os
import subprocess
import sys

import pytest
from support.places import REPOSITORY

pytestmark = pytest.mark.emulated

SHARED_MEMORY = {80: 163 * 1024, 86: 99 * 1024, 90: 227 * 1024}
"""Most bytes of a program, by compute capability."""

# Capability, precision, hidden size, whether outputs are mixed in, batch size.
CASES = [
    (90, "ieee", 64, [False, True], 50),
    (90, "ieee", 64, [False], 1),
    (80, "ieee", 64, [True], 50),
    (86, "ieee", 128, [True], 50),
    (90, "ieee", 128, [True], 1),
    (90, "tf32x3", 64, [True], 1),
]

PROGRAM = """
import json, sys, traceback
import triton
from rnn_audio.losses import triton_loss
from rnn_audio.networks.engines import triton_sums
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from rnn_audio.networks.engines.triton_backward import backward_kernel
from rnn_audio.networks.engines.triton_forward import forward_kernel
from rnn_audio.networks.engines.triton_launch import LAUNCHES, block_size


def compiled(kernel, capability, precision, hidden, mixed, batch):
    launch = LAUNCHES[precision][hidden].for_batch(batch)
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
    options = {"num_warps": launch.warps, "num_stages": 1}
    return triton.compile(ASTSource(kernel, types, constants, aligned), GPUTarget("cuda", capability, 32), options)


BESIDE = [
    (triton_sums.linear_kernel, {"HIDDEN": 64, "BLOCK_T": 64, "BLOCK_H": 64}),
    (triton_sums.part_kernel, {"HIDDEN": 64, "BLOCK_T": 32, "BLOCK_H": 64, "BLOCKS_A_PART": 128, "PRECISION": "ieee"}),
    (triton_sums.total_kernel, {"BLOCK": 256}),
    (triton_loss.block_kernel, {"K": 101, "BLOCK_T": 512}),
    (triton_loss.model_kernel, {"BLOCK_B": 64, "BLOCK_N": 4}),
    (triton_loss.gradient_kernel, {"K": 101, "BLOCK_T": 512, "BLOCK_N": 4}),
]
NUMBERS = ("batch", "steps", "blocks", "parts", "width", "target_stride_m", "target_stride_b")


def compiled_beside(kernel, constants):
    constants = constants | ({"fed_stride_t": 1} if "fed_stride_t" in kernel.arg_names else {})
    types = dict.fromkeys(kernel.arg_names, "*fp32") | {"lengths": "*i32", "floor": "fp32"}
    types |= dict.fromkeys((*NUMBERS, "fed_stride_m", "fed_stride_b"), "i32") | dict.fromkeys(constants, "constexpr")
    types = {name: types[name] for name in kernel.arg_names}
    return triton.compile(ASTSource(kernel, types, constants), GPUTarget("cuda", 90, 32), {"num_warps": 4})


try:
    print(json.dumps([compiled_beside(kernel, constants).metadata.shared for kernel, constants in BESIDE]))
except Exception:
    print(json.dumps(traceback.format_exc()))
for capability, precision, hidden, ways, batch in json.loads(sys.argv[1]):
    try:
        shared = [
            compiled(kernel, capability, precision, hidden, mixed, batch).metadata.shared
            for kernel in (forward_kernel, backward_kernel)
            for mixed in ways
        ]
        print(json.dumps(shared))
    except Exception:
        print(json.dumps(traceback.format_exc()))
"""


@pytest.fixture(scope="module")
def outcomes(pytestconfig: pytest.Config) -> list[list[int] | str]:
    """Bytes of shared memory of the kernels next to the recurrence, then of each case, or what went wrong. Triton keeps
    what it has compiled from one run of the tests to the next, by the kernels' source and its own version."""
    environment = os.environ | {
        "TRITON_INTERPRET": "0",
        "TRITON_CACHE_DIR": str(pytestconfig.cache.mkdir("triton")),
        "PYTHONPATH": str(REPOSITORY / "workflow"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(CASES)], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_the_kernels_next_to_the_recurrence_compile_and_fit(outcomes: list[list[int] | str]) -> None:
    shared = outcomes[0]
    assert isinstance(shared, list), shared
    assert len(shared) == 6
    assert max(shared) <= SHARED_MEMORY[90] // 2


@pytest.mark.parametrize("case", range(len(CASES)), ids=map(str, CASES))
def test_the_kernels_compile_and_fit(outcomes: list[list[int] | str], case: int) -> None:
    capability, _, _, ways, _ = CASES[case]
    shared = outcomes[1 + case]
    assert isinstance(shared, list), shared
    assert len(shared) == 2 * len(ways)
    assert max(shared) <= SHARED_MEMORY[capability]
