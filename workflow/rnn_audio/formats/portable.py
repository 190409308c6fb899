"""A trained model without PyTorch, and changes of its form that leave its sound as it is.

Players differ in the sizes that they take and in whether they add the input to the output. Units are added here, which
is exact: see `padded` and `skip_inside`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.networks.model_file import INITIAL_STATE, ModelShape

Weights = dict[str, NDArray[np.float32]]
State = tuple[NDArray[np.float32], NDArray[np.float32]]

_EPSILON = 2.0**-12
"""Scale of the input in the unit that passes it on: both tanh are straight there to 1e-7, and 1/epsilon is exact."""
_OPEN = 20.0
"""Sum of a gate that is open; the sigmoid of its negative is 2e-9."""


@dataclass(frozen=True)
class PortableModel:
    """One LSTM layer of H units and a linear layer, one sample in and one out.

    Attributes:
        weights: float32 arrays by name, in PyTorch's layout, gates in the order i, f, g, o: `lstm.weight_ih` [4H, 1],
            `lstm.weight_hh` [4H, H], `lstm.bias_ih` and `lstm.bias_hh` [4H], `linear.weight` [1, H], `linear.bias` [1];
            also `initial_state.h` and `initial_state.c`, [H], if the state before the first sample is part of it.
        skip: whether the input sample is added to the output sample.
        rate_hz: sampling rate of the recordings that it models, or None if its file does not say.
        name: its name.
        metadata: what else is known, as JSON values.
    """

    weights: Weights
    skip: bool = False
    rate_hz: float | None = None
    name: str = "model"
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hidden_size(self) -> int:
        """Number of LSTM units, H."""
        return self.weights["lstm.weight_hh"].shape[1]

    @property
    def bias(self) -> NDArray[np.float32]:
        """Both biases of the LSTM as one, [4H]."""
        return self.weights["lstm.bias_ih"] + self.weights["lstm.bias_hh"]

    @property
    def state(self) -> State:
        """The state (h, c) before the first sample, [H] each: the model's own, or zeros."""
        if INITIAL_STATE[0] not in self.weights:
            return np.zeros(self.hidden_size, np.float32), np.zeros(self.hidden_size, np.float32)
        h, c = (self.weights[name] for name in INITIAL_STATE)
        return h, c

    def with_state(self, state: State) -> PortableModel:
        """The same model with another state before the first sample."""
        return replace(self, weights=self.weights | dict(zip(INITIAL_STATE, state, strict=True)))


def checked_weights(where: str, arrays: Mapping[str, Any], hidden_size: int) -> Weights:
    """A model's arrays as float32, after a check of their shapes and values.

    Args:
        where: the file, for messages.
        arrays: nested lists or arrays by the names of `PortableModel.weights`; others are refused.
        hidden_size: number of LSTM units that the file states.

    Raises:
        InputError: an array is missing, has another shape, or values that are not finite numbers.
    """
    wanted = ModelShape(hidden_size).parameter_shapes()
    if INITIAL_STATE[0] in arrays:
        wanted |= dict.fromkeys(INITIAL_STATE, (hidden_size,))
    weights: Weights = {}
    for name, shape in wanted.items():
        try:
            with np.errstate(over="ignore"):
                array = np.asarray(arrays[name], dtype=np.float32)
        except KeyError:
            raise InputError(f"{where}: it has no {name}; export it again from the program that made it") from None
        except (TypeError, ValueError) as error:
            raise InputError(f"{where}: its {name} is not an array of numbers ({error}); export it again") from error
        if array.shape != shape:
            raise InputError(f"{where}: its {name} has shape {array.shape}, not {shape}; export it again")
        if not np.isfinite(array).all():
            raise InputError(f"{where}: its {name} has values that are not finite; export it again")
        weights[name] = array
    return weights


def padded(model: PortableModel, hidden_size: int) -> PortableModel:
    """The same model with more units: those whose weights are all 0 stay at 0, so the output is the same.

    Raises:
        ValueError: the model has more units already.
    """
    more = hidden_size - model.hidden_size
    if more < 0:
        raise ValueError(f"{model.hidden_size} units do not fit into {hidden_size}")
    return _with_units(model, more)


def skip_inside(model: PortableModel) -> PortableModel:
    """The same model without a skip: one more unit passes the input on, with an error of 1.5e-7 at full scale.

    Its input gate and output gate are open and its forget gate is shut, so it gives tanh(tanh(e x)) / e, about x. A
    model without a skip is returned as it is.
    """
    return replace(_with_passing_unit(model, 1.0), skip=False) if model.skip else model


def skip_outside(model: PortableModel) -> PortableModel:
    """The same model for a player that always adds the input: without a skip, one more unit subtracts it first."""
    return model if model.skip else replace(_with_passing_unit(model, -1.0), skip=True)


def _with_passing_unit(model: PortableModel, sign: float) -> PortableModel:
    wider = _with_units(model, 1)
    weights = {name: array.copy() for name, array in wider.weights.items()}
    unit, hidden = model.hidden_size, wider.hidden_size
    i, f, g, o = (gate * hidden + unit for gate in range(4))
    weights["lstm.weight_ih"][g] = _EPSILON
    weights["lstm.bias_ih"][[i, o]] = _OPEN
    weights["lstm.bias_ih"][f] = -_OPEN
    weights["linear.weight"][0, unit] = sign / _EPSILON
    return replace(wider, weights=weights)


def _with_units(model: PortableModel, more: int) -> PortableModel:
    """More units at the end of each gate, with zeros for all weights."""
    old = model.hidden_size
    weights = dict(model.weights)
    for name in ("lstm.weight_ih", "lstm.weight_hh", "lstm.bias_ih", "lstm.bias_hh"):
        gates = weights[name].reshape(4, old, -1)
        columns = more if name == "lstm.weight_hh" else 0
        wider = np.pad(gates, ((0, 0), (0, more), (0, columns)))
        weights[name] = wider.reshape(4 * (old + more), *([] if "bias" in name else [-1]))
    weights["linear.weight"] = np.pad(weights["linear.weight"], ((0, 0), (0, more)))
    for name in INITIAL_STATE:
        if name in weights:
            weights[name] = np.pad(weights[name], (0, more))
    return replace(model, weights=weights)
