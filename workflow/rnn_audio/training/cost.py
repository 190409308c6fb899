"""How long training takes, as measured on one core of a 2023 server processor (docs/performance.md)."""

UPDATE_S = 1.2e-3
"""Time of an update in addition to its time steps."""

# A time step of a batch, at hidden size 64 and batch size 64, forward and backward.
_STEP_S = 95e-6
_MIXED_STEP_S = 109e-6
_FIXED_SHARE = 0.16  # share of a step's time that does not grow with its work
_REFERENCE_WORK = 64 * 64 * (64 + 2)
# A time step of a single free-running sequence, at hidden size 64.
_SINGLE_STEP_S = 4.2e-6
_SINGLE_GROWTH = 1.5
_SINGLE_LEAST = 0.3  # with few units, most of a step is waiting
_SINGLE_HIDDEN = 64


def step_seconds(work: int, *, mixes: bool = False) -> float:
    """About how long one time step of a batch takes, forward and backward.

    Args:
        work: multiplications per gate, batch x hidden x (hidden + 2).
        mixes: whether true samples and the network's own outputs are mixed as inputs.
    """
    return (_MIXED_STEP_S if mixes else _STEP_S) * (_FIXED_SHARE + (1 - _FIXED_SHARE) * work / _REFERENCE_WORK)


def single_step_seconds(hidden_size: int) -> float:
    """About how long one time step of a single free-running sequence takes, forward and backward."""
    return _SINGLE_STEP_S * max(_SINGLE_LEAST, (hidden_size / _SINGLE_HIDDEN) ** _SINGLE_GROWTH)
