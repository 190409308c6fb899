"""A trial of an engine on a GPU, in a process of its own: a kernel that fails can make its process unusable.

    python -m rnn_audio.jobs.engine_trial cuda HIDDEN_SIZE [--mixes] [--without ENGINE ...]

tries the engine that is picked without those, and prints what has to be rejected, and why, as one line of JSON.
"""

import argparse
import json
from collections.abc import Sequence

import torch

from rnn_audio.jobs.runtime import prepare_process
from rnn_audio.losses.objectives import fused_loss_error
from rnn_audio.networks.engine_errors import TOLERANCE, is_right, relative_errors, worst
from rnn_audio.networks.engines import choice as engines
from rnn_audio.training.small_pack import largest_difference, train_small_pack

_LONGEST = 300


def try_engine(accelerator: str, hidden_size: int, *, mixes: bool) -> dict[str, str]:
    """What a training on this accelerator must not use, with the reason: see `networks.engines.choice.reject`.

    The engine has to agree with PyTorch's LSTM in float64, forward and backward, its loss has to agree with PyTorch's
    operations, and it has to train. Captured updates have to train to the same bits as plain ones.

    Args:
        accelerator: `cuda`.
        hidden_size: that of the job.
        mixes: whether the job mixes true samples with the model's own output.
    """
    modes = (False, True) if mixes else (False,)
    engine = engines.pick(torch.device(accelerator), hidden_size)
    try:
        for mode in modes:
            errors = relative_errors(accelerator, hidden_size, mixes=mode)
            if not is_right(errors):
                name, error = worst(errors)
                inputs = "mixed inputs" if mode else "known inputs"
                said = f"the relative error of its {name} is {error:.1e}, above {TOLERANCE:g}"
                return {engine: f"{said} (hidden size {hidden_size}, {inputs})"}
        error = fused_loss_error(accelerator)
        if not error < TOLERANCE:
            return {engine: f"the relative error of paper B's loss is {error:.1e}, above {TOLERANCE:g}"}
        plain = [train_small_pack(accelerator, hidden_size, 2, captured=False, mixes=mode) for mode in modes]
        _wait_for(accelerator)
    except Exception as error:  # whatever a compiler, a driver or a kernel raises
        return {engine: _in_one_line(error)}
    try:
        for mode, expected in zip(modes, plain, strict=True):
            trained = train_small_pack(accelerator, hidden_size, 2, captured=True, mixes=mode)
            difference = largest_difference(trained, expected)
            if difference != 0:
                return {engines.CAPTURED: f"a weight differs by {difference:.1e} from that of plain updates"}
    except Exception as error:
        return {engines.CAPTURED: _in_one_line(error)}
    return {}


def main(arguments: Sequence[str] | None = None) -> None:
    """Try the engine and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("accelerator")
    parser.add_argument("hidden_size", type=int)
    parser.add_argument("--mixes", action="store_true")
    parser.add_argument("--without", nargs="*", default=[], choices=engines.FUSED)
    chosen = parser.parse_args(arguments)
    engines.reject(dict.fromkeys(chosen.without, "already rejected"))
    prepare_process(chosen.accelerator, threads=1)
    print(json.dumps(try_engine(chosen.accelerator, chosen.hidden_size, mixes=chosen.mixes)))


def _wait_for(accelerator: str) -> None:
    """A kernel that failed is reported at the latest here."""
    if accelerator == "cuda":
        torch.cuda.synchronize()


def _in_one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST]


if __name__ == "__main__":
    main()
