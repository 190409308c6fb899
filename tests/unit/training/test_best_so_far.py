"""The best weights by validation loss: each model's own, kept as they were, and through a checkpoint."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_audio.networks.model import Parameters
from rnn_audio.training.best_so_far import BestSoFar

CPU = torch.device("cpu")


def weights(epoch: int, models: int = 2) -> Parameters:
    """Weights that say which epoch and model they are of: 10 epoch + model."""
    number = 10.0 * epoch + torch.arange(float(models))
    return {"a": number[:, None].expand(models, 3).clone(), "b": number.clone()}


def best_epochs(best: BestSoFar) -> list[int]:
    """The epoch that each model's weights are of; both tensors have to agree."""
    for model, number in enumerate(best.parameters["b"].tolist()):
        assert best.parameters["a"][model].tolist() == [number] * 3
        assert number % 10 == model
    return [int(number) // 10 for number in best.parameters["b"]]


def offered(rows: list[list[float]]) -> BestSoFar:
    best = BestSoFar()
    for epoch, losses in enumerate(rows, start=1):
        best.offer(epoch, weights(epoch, len(losses)), losses)
    return best


ROWS = [[3.0, 1.0], [2.0, 2.0], [2.5, 0.5], [1.0, 0.7]]


def test_nothing_is_kept_before_the_first_validation() -> None:
    best = BestSoFar()
    assert (best.history, best.parameters, best.state_dict()) == ([], {}, {})


def test_each_model_keeps_the_weights_of_its_own_best_epoch() -> None:
    assert [best_epochs(offered(ROWS[:count])) for count in (1, 2, 3, 4)] == [[1, 1], [2, 1], [2, 3], [4, 3]]


def test_the_history_has_every_validation() -> None:
    assert offered(ROWS).history == [(1, [3.0, 1.0]), (2, [2.0, 2.0]), (3, [2.5, 0.5]), (4, [1.0, 0.7])]


def test_among_equals_the_first_is_kept() -> None:
    assert best_epochs(offered([[1.0, 2.0], [1.0, 2.0]])) == [1, 1]


@given(rows=st.lists(st.lists(st.floats(0.0, 10.0), min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_kept_epoch_is_that_of_the_lowest_loss(rows: list[list[float]]) -> None:
    columns = list(zip(*rows, strict=True))
    assert best_epochs(offered(rows)) == [1 + column.index(min(column)) for column in columns]


def test_weights_that_move_on_do_not_change_what_is_kept() -> None:
    best, moving = BestSoFar(), weights(1)
    best.offer(1, moving, [1.0, 2.0])
    for tensor in moving.values():
        tensor.zero_()
    assert best_epochs(best) == [1, 1]
    moving = weights(2)
    best.offer(2, moving, [2.0, 1.0])
    for tensor in moving.values():
        tensor.zero_()
    assert best_epochs(best) == [1, 2]


def test_what_is_kept_of_trained_weights_needs_no_gradient() -> None:
    best = BestSoFar()
    for epoch, losses in enumerate(ROWS, start=1):
        best.offer(epoch, {name: tensor.requires_grad_() for name, tensor in weights(epoch).items()}, losses)
    assert not any(tensor.requires_grad for tensor in best.parameters.values())
    assert best_epochs(best) == [4, 3]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_it_goes_on_from_its_state(count: int) -> None:
    resumed = BestSoFar()
    resumed.load_state_dict({name: tensor.clone() for name, tensor in offered(ROWS[:count]).state_dict().items()}, CPU)
    for epoch, losses in list(enumerate(ROWS, start=1))[count:]:
        resumed.offer(epoch, weights(epoch), losses)
    whole = offered(ROWS)
    assert best_epochs(resumed) == best_epochs(whole)
    assert resumed.history == whole.history
    ours, theirs = resumed.state_dict(), whole.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_its_state_stands_among_other_tensors() -> None:
    resumed = BestSoFar()
    resumed.load_state_dict(
        {"parameters.a": torch.ones(2), **offered(ROWS).state_dict(), "history": torch.ones(1)}, CPU
    )
    assert resumed.parameters.keys() == {"a", "b"}
    assert best_epochs(resumed) == [4, 3]


def test_a_checkpoint_from_before_the_first_validation_changes_nothing() -> None:
    resumed = BestSoFar()
    resumed.load_state_dict({"parameters.a": torch.ones(2), "history": torch.ones(1)}, CPU)
    assert (resumed.history, resumed.parameters) == ([], {})


def test_a_loss_that_is_no_number_is_never_the_best() -> None:
    assert best_epochs(offered([[2.0, 2.0], [math.nan, 1.0]])) == [1, 2]
    assert best_epochs(offered([[math.nan, 2.0], [3.0, 3.0]])) == [2, 1]
