"""One FIR filter a model, applied to a whole pack chunk by chunk."""

import torch


def apply_packed(signal: torch.Tensor, taps: torch.Tensor, history: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Filter a chunk of every model's signals causally, with the filter's state carried from chunk to chunk.

    Chunks filtered one after the other, each with the history that the previous call returned, make exactly what the
    whole signal makes. At the start of a signal the history is zeros; after a warm-up it is the warm-up's last samples.

    Args:
        signal: [M, B, T].
        taps: first tap for the newest sample, [M, K] (see `pad_taps`), of the signal's type and device.
        history: the K - 1 samples before the chunk, [M, B, K - 1].

    Returns:
        The filtered chunk, [M, B, T], and the history for the next chunk, [M, B, K - 1]. The history is detached:
        as with the recurrent state, no gradient crosses the boundary between two updates.

    Raises:
        ValueError: the history does not fit the signal and the taps.
    """
    models, batch, steps = signal.shape
    length = taps.shape[1]
    if history.shape != (models, batch, length - 1):
        raise ValueError(f"history is {tuple(history.shape)}, must be {(models, batch, length - 1)}")
    # conv1d correlates: flipped, the first tap meets the newest sample. One call a model, each in memory of its own: a
    # grouped convolution rounds differently for one model than for many, and a pack has to equal its models alone.
    kernels = taps.flip(1)[:, None, None, :]
    extended = [torch.cat(own, dim=1) for own in zip(history, signal, strict=True)]
    filtered = [
        torch.nn.functional.conv1d(own[:, None], kernel)[:, 0] for own, kernel in zip(extended, kernels, strict=True)
    ]
    return torch.stack(filtered), torch.stack([own[:, steps:] for own in extended]).detach()
