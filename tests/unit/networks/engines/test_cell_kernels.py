"""What numba compiles computes the same bits in the process that compiles it as in those that load it."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_audio.networks.engines import cell_kernels

DIGESTS = """
import hashlib
import json
import os
import sys

import numba
import torch

HIDDEN, STEPS = 64, 256
torch.set_num_threads(1)


def normal(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def digests(batch):
    from rnn_audio.networks.engines.compiled import run_sequences

    leaves = [0.1 * normal(4 * HIDDEN, HIDDEN + 2), normal(HIDDEN + 1), normal(batch, HIDDEN), normal(batch, HIDDEN)]
    weights, head, h, c = (leaf.requires_grad_() for leaf in leaves)
    outputs, _ = run_sequences(weights, head, normal(batch, STEPS), (h, c))
    outputs.square().sum().backward()
    values = [outputs.detach(), *(leaf.grad for leaf in leaves)]
    return [hashlib.sha256(value.numpy().tobytes()).hexdigest() for value in values]


for batches in sys.argv[1:]:
    process = os.fork()
    if process == 0:
        print(json.dumps({batch: digests(int(batch)) for batch in batches.split(",")}), flush=True)
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0
"""

# Batch sizes in the order in which a process has them. The first process compiles, the others load.
PROCESSES = ("1,16", "1", "16", "1,16", "16,1")


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[str]]]:
    """Digests of outputs and gradients by batch size, from each process: forks of one that has compiled nothing."""
    cache = tmp_path_factory.mktemp("numba")
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", DIGESTS, *PROCESSES]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert any(cache.rglob("cell_kernels.run_backward-*.nbc"))
    return [json.loads(line) for line in printed.splitlines()]


@pytest.mark.parametrize("process", range(1, len(PROCESSES)), ids=PROCESSES[1:])
def test_a_process_that_loads_computes_what_the_one_that_compiled_did(
    computed: list[dict[str, list[str]]], process: int
) -> None:
    assert list(computed[process]) == PROCESSES[process].split(",")
    assert computed[process] == {batch: computed[0][batch] for batch in computed[process]}


def test_what_is_compiled_into_one_function_stands_in_one_file() -> None:
    """numba keeps compiled code by one file's time of modification, and would not see an edit of another."""
    tree = ast.parse(Path(cell_kernels.__file__).read_text(encoding="utf-8"))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imported]
    assert not any(name.startswith("rnn_audio") for name in names)
