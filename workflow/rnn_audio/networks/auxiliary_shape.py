"""The auxiliary network's tensors: two stacked LSTM layers, a linear layer, and bridges (paper A, section IV-C2).

Its layers start from the main network's state. A bridge, a learned linear layer, maps that state to the size of the
layer.
"""

import math
from dataclasses import dataclass

LAYERS = ("first", "second")
STATE_PARTS = ("hidden", "cell")

_CHOICES = {
    "first_state": ("bridge", "same_size"),
    "second_state": ("zeros", "main"),
    "cell_state": ("main", "zeros"),
}


@dataclass(frozen=True)
class AuxiliaryShape:
    """Shape of an auxiliary network; all models of a pack have the same.

    Attributes:
        hidden_size: LSTM units per layer.
        first_state: `bridge`: the first layer starts from the main network's state through a bridge; `same_size`: the
            first layer has the size of the main network instead of `hidden_size`, and takes its state unchanged.
        second_state: `zeros`: the second layer starts from zeros; `main`: from the main network's state, unchanged if
            the sizes are equal, else through a bridge of its own.
        cell_state: `main`: cell states start as hidden states do, with bridges of their own; `zeros`: from zeros.

    Raises:
        ValueError: a choice is not one of these.
    """

    hidden_size: int
    first_state: str
    second_state: str
    cell_state: str

    def __post_init__(self) -> None:
        """Check the choices, since they can come from a model file of another program."""
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not one of {', '.join(known)}")

    def layer_size(self, layer: str, main_size: int) -> int:
        """Units of the `first` or `second` layer for a main network of `main_size` units."""
        return main_size if layer == "first" and self.first_state == "same_size" else self.hidden_size

    def starts_from_zeros(self, layer: str, part: str) -> bool:
        """Whether a layer's `hidden` or `cell` state starts from zeros, not from the main network's."""
        return (layer == "second" and self.second_state == "zeros") or (part == "cell" and self.cell_state == "zeros")

    def has_bridge(self, layer: str, part: str, main_size: int) -> bool:
        """Whether a learned layer maps the main network's state to this one."""
        if self.starts_from_zeros(layer, part):
            return False
        return self.first_state == "bridge" if layer == "first" else self.hidden_size != main_size

    def parameter_shapes(self, main_size: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of one auxiliary network; gates in the order i, f, g, o."""
        first, second = (self.layer_size(layer, main_size) for layer in LAYERS)
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, size, input_size in (("first", first, 1), ("second", second, first)):
            shapes[f"auxiliary.{layer}.weight_ih"] = (4 * size, input_size)
            shapes[f"auxiliary.{layer}.weight_hh"] = (4 * size, size)
            shapes[f"auxiliary.{layer}.bias_ih"] = (4 * size,)
            shapes[f"auxiliary.{layer}.bias_hh"] = (4 * size,)
        shapes["auxiliary.linear.weight"] = (1, second)
        shapes["auxiliary.linear.bias"] = (1,)
        for layer in LAYERS:
            for part in STATE_PARTS:
                if self.has_bridge(layer, part, main_size):
                    size = self.layer_size(layer, main_size)
                    shapes[f"auxiliary.bridge_{layer}_{part}.weight"] = (size, main_size)
                    shapes[f"auxiliary.bridge_{layer}_{part}.bias"] = (size,)
        return shapes

    def initial_bounds(self, main_size: int) -> dict[str, float]:
        """Bound of each tensor's uniform initial values, as in PyTorch: 1/sqrt of the layer's units or inputs."""
        fan = {
            "first": self.layer_size("first", main_size),
            "second": self.hidden_size,
            "linear": self.hidden_size,
        }
        return {
            name: 1 / math.sqrt(fan.get(name.split(".")[1], main_size)) for name in self.parameter_shapes(main_size)
        }
