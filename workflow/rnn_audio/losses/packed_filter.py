"""One FIR filter per model, applied to a whole pack, chunk by chunk."""

import torch


def apply_packed(signal: torch.Tensor, taps: torch.Tensor, history: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Filter a chunk of every model's signals causally; the filter's state is carried from chunk to chunk.

    If each chunk is filtered with the history that the previous call returned, the result equals that of the whole
    signal. At the start of a signal the history is zeros; after a warm-up it is the warm-up's last samples.

    Args:
        signal: [M, B, T].
        taps: [M, K], the first for the newest sample (see `pad_taps`), with the signal's type and device.
        history: the K - 1 samples before the chunk, [M, B, K - 1].

    Returns:
        The filtered chunk, [M, B, T], and the history for the next chunk, [M, B, K - 1]. The history is detached:
        like that of the recurrent state, no gradient crosses the boundary between two updates.

    Raises:
        ValueError: the shape of the history does not match the signal and the taps.
    """
    wanted = (*signal.shape[:2], taps.shape[1] - 1)
    if history.shape != wanted:
        raise ValueError(f"history is {tuple(history.shape)}, must be {wanted}")
    # conv1d correlates, so the taps are flipped. One call per model, each with its own memory: a grouped convolution
    # rounds differently for one model than for many, and a pack must give the same results as its models alone.
    kernels = taps.flip(1)[:, None, None, :]
    extended = [torch.cat(own, dim=1) for own in zip(history, signal, strict=True)]
    filtered = [
        torch.nn.functional.conv1d(own[:, None], kernel)[:, 0] for own, kernel in zip(extended, kernels, strict=True)
    ]
    return torch.stack(filtered), following(history, signal)


def following(history: torch.Tensor, signal: torch.Tensor) -> torch.Tensor:
    """The history for the chunk that follows `signal`, [M, B, T]: its last samples, [M, B, K - 1], detached."""
    length = history.shape[-1]
    if signal.shape[-1] < length:
        signal = torch.cat([history, signal], dim=-1)
    return signal[..., signal.shape[-1] - length :].detach().clone()
