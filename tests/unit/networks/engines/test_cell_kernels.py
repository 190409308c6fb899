"""What numba compiles computes the same bits in the process that compiles it as in those that load it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_audio.networks.engines import cell_kernels

DIGESTS = """
import hashlib
import sys

import torch

from rnn_audio.networks.engines.compiled import run_sequences

HIDDEN, STEPS = 64, 256
torch.set_num_threads(1)


def normal(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


for batch in map(int, sys.argv[1:]):
    leaves = [0.1 * normal(4 * HIDDEN, HIDDEN + 2), normal(HIDDEN + 1), normal(batch, HIDDEN), normal(batch, HIDDEN)]
    weights, head, h, c = (leaf.requires_grad_() for leaf in leaves)
    outputs, _ = run_sequences(weights, head, normal(batch, STEPS), (h, c))
    outputs.square().sum().backward()
    values = [outputs.detach(), *(leaf.grad for leaf in leaves)]
    print(batch, *(hashlib.sha256(value.numpy().tobytes()).hexdigest() for value in values))
"""

ONE_SEQUENCE, A_BATCH = "1", "16"


def digests(cache: Path, *batches: str) -> list[str]:
    """One line for each batch size, by a process of its own: the size, then a digest of outputs and gradients."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", DIGESTS, *batches]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    cache = tmp_path_factory.mktemp("numba")
    return cache, digests(cache, ONE_SEQUENCE, A_BATCH)


@pytest.mark.parametrize("batches", [(ONE_SEQUENCE,), (A_BATCH,), (ONE_SEQUENCE, A_BATCH), (A_BATCH, ONE_SEQUENCE)])
def test_a_process_that_loads_computes_what_the_one_that_compiled_did(
    compiled: tuple[Path, list[str]], batches: tuple[str, ...]
) -> None:
    cache, expected = compiled
    assert any(cache.rglob("cell_kernels.run_backward-*.nbc"))
    by_batch = dict(zip((ONE_SEQUENCE, A_BATCH), expected, strict=True))
    assert digests(cache, *batches) == [by_batch[batch] for batch in batches]


def test_what_is_compiled_into_one_function_stands_in_one_file() -> None:
    """numba keeps compiled code by one file's time of modification, and would not see an edit of another."""
    tree = ast.parse(Path(cell_kernels.__file__).read_text(encoding="utf-8"))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imported]
    assert not any(name.startswith("rnn_audio") for name in names)
