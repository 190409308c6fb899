import json
import math
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from rnn_audio.errors import InputError
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.networks.model import (
    INITIAL_STATE,
    ModelShape,
    Parameters,
    initialise,
    load_model,
    save_model,
    stored_state,
)
from rnn_audio.networks.random_streams import RandomStreams

SHAPE = ModelShape(hidden_size=4)


def saved_model(folder: Path, shape: ModelShape = SHAPE) -> tuple[Path, Parameters]:
    parameters = initialise(shape, RandomStreams([1]))
    path = folder / "model.safetensors"
    save_model(path, shape, parameters)
    return path, parameters


def rewrite(path: Path, *, header: dict[str, str] | None = None, tensors: dict[str, torch.Tensor | None]) -> None:
    """Replace a model's header entries, and its tensors (None removes one)."""
    with safe_open(path, framework="pt") as file:
        old_header = file.metadata()
        old_tensors = {name: file.get_tensor(name) for name in SHAPE.parameter_shapes()}
    kept = {name: tensor for name, tensor in (old_tensors | tensors).items() if tensor is not None}
    save_file(kept, path, metadata=old_header if header is None else header)


def metadata_key(path: Path) -> str:
    with safe_open(path, framework="pt") as file:
        return next(iter(file.metadata()))


@pytest.mark.parametrize("hidden_size", [16, 32, 64])
def test_parameter_count_is_that_of_pytorchs_layers(hidden_size: int) -> None:
    layers = [torch.nn.LSTM(1, hidden_size), torch.nn.Linear(hidden_size, 1)]
    expected = sum(parameter.numel() for layer in layers for parameter in layer.parameters())
    assert ModelShape(hidden_size).parameter_count() == expected


@pytest.mark.parametrize("hidden_size", [1, 16, 64])
def test_initial_weights_fill_plus_minus_one_over_root_hidden_size(hidden_size: int) -> None:
    bound = 1 / math.sqrt(hidden_size)
    parameters = initialise(ModelShape(hidden_size), RandomStreams(range(40)))
    values = torch.cat([tensor.flatten() for tensor in parameters.values()]).double()
    assert values.abs().max() <= bound
    assert values.min() < -0.9 * bound
    assert values.max() > 0.9 * bound
    # A uniform distribution over ±a has the variance a²/3, and its squares the variance 4 a⁴/45.
    deviation = math.sqrt(4 / 45 / values.numel())
    assert abs(float(values.square().mean()) / bound**2 - 1 / 3) < 5 * deviation


def test_a_pack_starts_with_the_weights_of_its_separate_models() -> None:
    pack = initialise(SHAPE, RandomStreams([5, 6, 7]))
    for index, seed in enumerate([5, 6, 7]):
        alone = initialise(SHAPE, RandomStreams([seed]))
        assert alone.keys() == pack.keys()
        for name in pack:
            assert torch.equal(alone[name][0], pack[name][index])


def test_different_seeds_start_with_different_weights() -> None:
    pack = initialise(SHAPE, RandomStreams([5, 6]))
    assert all(not torch.equal(tensor[0], tensor[1]) for tensor in pack.values())


@pytest.mark.parametrize("shape", [ModelShape(4), ModelShape(16, skip=True)])
def test_a_saved_model_loads_bit_by_bit(tmp_path: Path, shape: ModelShape) -> None:
    path, parameters = saved_model(tmp_path, shape)
    loaded_shape, loaded = load_model(path)
    assert loaded_shape == shape
    assert loaded.keys() == parameters.keys()
    assert all(torch.equal(loaded[name], parameters[name]) for name in parameters)


def test_each_model_of_a_pack_is_saved_by_its_index(tmp_path: Path) -> None:
    pack = initialise(SHAPE, RandomStreams([5, 6, 7]))
    for index in range(3):
        save_model(tmp_path / "model.safetensors", SHAPE, pack, index)
        _, loaded = load_model(tmp_path / "model.safetensors")
        assert all(torch.equal(loaded[name][0], pack[name][index]) for name in pack)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    path, parameters = saved_model(tmp_path)
    first = path.read_bytes()
    reordered = dict(reversed({name: tensor.clone().requires_grad_() for name, tensor in parameters.items()}.items()))
    save_model(path, SHAPE, reordered)
    assert path.read_bytes() == first


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.safetensors"):
        load_model(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("kept_share", [0.0, 0.01, 0.1, 0.5, 0.999])
def test_a_truncated_model_is_named(tmp_path: Path, kept_share: float) -> None:
    path, _ = saved_model(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept_share * len(content))])
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


def test_a_pickle_is_refused_and_not_executed(tmp_path: Path) -> None:
    path, trace = tmp_path / "model.safetensors", tmp_path / "executed"
    content = pickle.dumps(Trap(trace))
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)
    assert not trace.exists()
    pickle.loads(content)
    assert trace.exists(), "the trap itself must work"


def test_a_file_of_torch_save_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    torch.save(initialise(SHAPE, RandomStreams([1])), path)
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


@pytest.mark.parametrize("header", [None, {"format": "pt"}])
def test_safetensors_of_another_program_are_refused(tmp_path: Path, header: dict[str, str] | None) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(3)}, path, metadata=header)
    with pytest.raises(InputError, match=r"foreign\.safetensors"):
        load_model(path)


@pytest.mark.parametrize(
    "tensors",
    [
        pytest.param({"linear.bias": None}, id="tensor missing"),
        pytest.param({"linear.scale": torch.zeros(1)}, id="tensor too many"),
        pytest.param({"lstm.weight_hh": torch.zeros(16, 5)}, id="wrong shape"),
        pytest.param({"linear.weight": torch.zeros(4, 1)}, id="transposed"),
    ],
)
def test_tensors_that_are_not_those_of_the_header_are_refused(
    tmp_path: Path, tensors: dict[str, torch.Tensor | None]
) -> None:
    path, _ = saved_model(tmp_path)
    rewrite(path, tensors=tensors)
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


@pytest.mark.parametrize(
    "description",
    [
        pytest.param("{", id="not JSON"),
        pytest.param("[4]", id="not a mapping"),
        pytest.param(json.dumps({"skip": False}), id="no hidden size"),
        pytest.param(json.dumps({"hidden_size": "4", "skip": False}), id="hidden size a text"),
        pytest.param(json.dumps({"hidden_size": 4, "skip": False, "layers": 2}), id="unknown key"),
    ],
)
def test_a_header_that_describes_no_model_is_refused(tmp_path: Path, description: str) -> None:
    path, _ = saved_model(tmp_path)
    rewrite(path, header={metadata_key(path): description}, tensors={})
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


def test_weights_of_another_precision_are_refused(tmp_path: Path) -> None:
    path, parameters = saved_model(tmp_path)
    rewrite(path, tensors={name: tensor[0].double() for name, tensor in parameters.items()})
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


# --- with an auxiliary network ---

AUXILIARY = ModelShape(4, auxiliary=AuxiliaryShape(2, first_state="bridge", second_state="zeros", cell_state="main"))
BESIDE = {"hidden_size": 2, "first_state": "bridge", "second_state": "zeros", "cell_state": "main"}


@pytest.mark.parametrize(
    "auxiliary",
    [AUXILIARY.auxiliary, AuxiliaryShape(3, "same_size", "main", "zeros"), AuxiliaryShape(4, "bridge", "main", "main")],
    ids=str,
)
def test_a_model_with_an_auxiliary_network_loads_bit_by_bit(tmp_path: Path, auxiliary: AuxiliaryShape) -> None:
    shape = ModelShape(4, auxiliary=auxiliary)
    path, parameters = saved_model(tmp_path, shape)
    loaded_shape, loaded = load_model(path)
    assert loaded_shape == shape
    assert loaded.keys() == parameters.keys()
    assert all(torch.equal(loaded[name], parameters[name]) for name in parameters)
    main = initialise(SHAPE, RandomStreams([1]))
    assert all(torch.equal(loaded[name], tensor) for name, tensor in main.items())


def test_a_model_without_an_auxiliary_network_says_nothing_of_one(tmp_path: Path) -> None:
    path, _ = saved_model(tmp_path)
    assert b"auxiliary" not in path.read_bytes()


@pytest.mark.parametrize(
    "auxiliary",
    [
        pytest.param(None, id="nothing"),
        pytest.param(2, id="no mapping"),
        pytest.param({}, id="empty"),
        pytest.param(BESIDE | {"layers": 2}, id="unknown key"),
        pytest.param(BESIDE | {"first_state": "tunnel"}, id="unknown choice"),
        pytest.param(BESIDE | {"hidden_size": "2"}, id="hidden size a text"),
        pytest.param(BESIDE | {"hidden_size": None}, id="no hidden size"),
        pytest.param(BESIDE | {"hidden_size": 3}, id="another hidden size"),
        pytest.param(BESIDE | {"cell_state": "zeros"}, id="a bridge too many"),
        pytest.param(BESIDE | {"second_state": "main"}, id="bridges missing"),
    ],
)
def test_a_header_that_describes_another_auxiliary_network_is_refused(tmp_path: Path, auxiliary: object) -> None:
    path, parameters = saved_model(tmp_path, AUXILIARY)
    description = {"hidden_size": 4, "skip": False, "auxiliary": auxiliary}
    tensors = {name: tensor[0] for name, tensor in parameters.items()}
    rewrite(path, header={metadata_key(path): json.dumps(description)}, tensors=tensors)
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


def test_tensors_of_an_auxiliary_network_that_the_header_does_not_name_are_refused(tmp_path: Path) -> None:
    path, parameters = saved_model(tmp_path, AUXILIARY)
    description = {"hidden_size": 4, "skip": False}
    tensors = {name: tensor[0] for name, tensor in parameters.items()}
    rewrite(path, header={metadata_key(path): json.dumps(description)}, tensors=tensors)
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


@pytest.mark.parametrize("missing", ["auxiliary.linear.bias", "auxiliary.bridge_first_hidden.weight", "linear.bias"])
def test_a_tensor_missing_from_either_network_is_refused(tmp_path: Path, missing: str) -> None:
    path, parameters = saved_model(tmp_path, AUXILIARY)
    tensors = {name: tensor[0] for name, tensor in parameters.items()}
    rewrite(path, tensors=tensors | {missing: None})
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


STATEFUL = ModelShape(hidden_size=4, initial_state=True)


def test_an_initial_state_is_two_vectors_behind_the_same_weights() -> None:
    plain, stateful = (initialise(shape, RandomStreams([5, 6])) for shape in (SHAPE, STATEFUL))
    assert stateful.keys() - plain.keys() == set(INITIAL_STATE)
    assert all(torch.equal(stateful[name], plain[name]) for name in plain)
    assert STATEFUL.parameter_count() == SHAPE.parameter_count() + 2 * 4


def test_a_model_with_an_initial_state_loads_bit_by_bit(tmp_path: Path) -> None:
    path, parameters = saved_model(tmp_path, STATEFUL)
    shape, loaded = load_model(path)
    assert shape == STATEFUL
    assert loaded.keys() == parameters.keys()
    assert all(torch.equal(loaded[name], parameters[name]) for name in parameters)


@pytest.mark.parametrize("missing", INITIAL_STATE)
def test_a_model_that_lacks_half_of_its_initial_state_is_refused(tmp_path: Path, missing: str) -> None:
    path, parameters = saved_model(tmp_path, STATEFUL)
    save_model(path, STATEFUL, {name: tensor for name, tensor in parameters.items() if name != missing})
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


def test_an_initial_state_that_the_header_does_not_name_is_refused(tmp_path: Path) -> None:
    path, parameters = saved_model(tmp_path, STATEFUL)
    save_model(path, SHAPE, parameters)
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_model(path)


def test_the_stored_state_is_every_copys_and_takes_gradients() -> None:
    parameters = {name: tensor.requires_grad_() for name, tensor in initialise(STATEFUL, RandomStreams([5, 6])).items()}
    state = stored_state(parameters, copies=3)
    for found, name in zip(state, INITIAL_STATE, strict=True):
        assert found.shape == (2, 3, 4)
        assert all(torch.equal(found[:, copy], parameters[name]) for copy in range(3))
        found.sum().backward()
        assert torch.equal(parameters[name].grad, torch.full((2, 4), 3.0))
    assert stored_state(initialise(SHAPE, RandomStreams([5, 6])), copies=3) is None
