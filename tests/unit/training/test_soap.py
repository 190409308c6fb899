"""SOAP against the algorithm written out in NumPy, PyTorch's Adam, and what holds in any basis."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.packs import normal

from rnn_audio.networks.model import Parameters
from rnn_audio.training.adam import Adam
from rnn_audio.training.soap import Soap
from rnn_audio.types import Floats

SIZE = 5
# Square, with gradients of full rank: of a taller matrix's first gradient, the left basis is in part arbitrary.
Loss = Callable[[torch.Tensor], torch.Tensor]


def orthogonal(size: int, seed: int) -> torch.Tensor:
    return torch.linalg.qr(normal(size, size, seed=seed)).Q


def gradient(step: int) -> torch.Tensor:
    """A gradient whose strongest rows and columns change over time, so that the bases have to be sorted anew."""
    turned = torch.roll(torch.tensor([8.0, 4.0, 2.0, 1.0, 0.5], dtype=torch.float64), step // 4)
    return turned[:, None] * normal(SIZE, SIZE, seed=step) * turned.flip(0)


class Reference:
    """SOAP of one matrix: algorithm 3 with the bias corrections of Adam, its eigenvectors by algorithm 4."""

    def __init__(self, learning_rate: float, every: int) -> None:
        self.learning_rate, self.every, self.step_count = learning_rate, every, 0
        self.resorted = 0

    def move(self, weight: Floats, g: Floats) -> Floats:
        self.step_count += 1
        if self.step_count == 1:
            self.left, self.right = g @ g.T, g.T @ g
            self.q_left, self.q_right = (np.linalg.eigh(side)[1][:, ::-1] for side in (self.left, self.right))
            self.m, self.v = np.zeros_like(g), np.zeros_like(g)
            return weight
        self.m = 0.95 * self.m + 0.05 * g
        self.v = 0.95 * self.v + 0.05 * (self.q_left.T @ g @ self.q_right) ** 2
        correction = 1 - 0.95 ** (self.step_count - 1)
        rotated = self.q_left.T @ (self.m / correction) @ self.q_right
        step = self.q_left @ (rotated / (np.sqrt(self.v / correction) + 1e-8)) @ self.q_right.T
        self.left = 0.95 * self.left + 0.05 * g @ g.T
        self.right = 0.95 * self.right + 0.05 * g.T @ g
        if self.step_count % self.every == 0:
            rows, self.q_left = self.refreshed(self.left, self.q_left)
            columns, self.q_right = self.refreshed(self.right, self.q_right)
            self.v = self.v[rows][:, columns]
        return weight - self.learning_rate * step

    def refreshed(self, covariance: Floats, basis: Floats) -> tuple[NDArray[np.int64], Floats]:
        order = np.argsort(-np.diag(basis.T @ covariance @ basis))
        self.resorted += int((order != np.arange(len(order))).any())
        return order, np.linalg.qr(covariance @ basis[:, order])[0]


def minimise(optimiser: Soap | Adam, loss: Loss, start: torch.Tensor, steps: int) -> torch.Tensor:
    parameters = {"matrix": start.clone()[None].requires_grad_()}
    for _ in range(steps):
        loss(parameters["matrix"][0]).backward()
        optimiser.step(parameters)
    return parameters["matrix"][0].detach()


@pytest.mark.parametrize("every", [1, 3, 10])
def test_a_matrix_moves_as_by_the_algorithm_written_out(every: int) -> None:
    parameters = {"matrix": normal(1, SIZE, SIZE, seed=50).requires_grad_()}
    start = parameters["matrix"][0].detach().clone()
    expected = start.numpy()
    ours, reference = Soap(learning_rate=0.02, refresh_every=every), Reference(0.02, every)
    for step in range(24):
        parameters["matrix"].grad = gradient(step)[None]
        ours.step(parameters)
        expected = reference.move(expected, gradient(step).numpy())
        np.testing.assert_allclose(parameters["matrix"][0].detach().numpy(), expected, rtol=1e-8, atol=1e-10)
    assert np.abs(expected - start.numpy()).max() > 0.1
    assert reference.resorted > 0, "the second moment's order never mattered"


def test_the_first_step_leaves_a_matrix_in_place_and_moves_a_vector() -> None:
    parameters = {"matrix": torch.ones(1, 3, 2, requires_grad=True), "vector": torch.ones(1, 3, requires_grad=True)}
    for parameter in parameters.values():
        parameter.grad = torch.full_like(parameter, 7.0)
    Soap(learning_rate=0.25).step(parameters)
    assert torch.equal(parameters["matrix"], torch.ones(1, 3, 2))
    torch.testing.assert_close(parameters["vector"].detach(), torch.full((1, 3), 0.75))
    assert all(parameter.grad is None for parameter in parameters.values())


def test_a_steady_gradients_first_move_is_one_learning_rate_along_its_direction() -> None:
    # Of a gradient of rank one a single entry is left in its eigenbasis; corrected moments of it are g and g².
    left, right = normal(5, seed=1), normal(3, seed=2)
    parameters = {"matrix": torch.zeros(1, 5, 3, dtype=torch.float64, requires_grad=True)}
    optimiser = Soap(learning_rate=0.25)
    for _ in range(2):
        parameters["matrix"].grad = torch.outer(left, right)[None]
        optimiser.step(parameters)
    direction = torch.outer(left / left.norm(), right / right.norm())
    torch.testing.assert_close(parameters["matrix"][0].detach(), -0.25 * direction, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", [(7,), (7, 1), (1, 7)])
def test_vectors_and_single_rows_and_columns_move_as_by_pytorchs_adam(shape: tuple[int, ...]) -> None:
    ours = {"vector": normal(1, *shape, seed=1).requires_grad_()}
    theirs = ours["vector"][0].detach().clone().requires_grad_()
    optimiser, adam = Soap(learning_rate=0.02), torch.optim.Adam([theirs], lr=0.02, betas=(0.95, 0.95))
    for step in range(25):
        ours["vector"].grad, theirs.grad = normal(1, *shape, seed=step), normal(1, *shape, seed=step)[0]
        optimiser.step(ours)
        adam.step()
        torch.testing.assert_close(ours["vector"][0], theirs, rtol=1e-12, atol=1e-14)


def quadratic(left: torch.Tensor, right: torch.Tensor) -> Loss:
    """Ill-conditioned along rotated axes: ½ |D (LᵀWR - target) D|² with an uneven diagonal D."""
    scales = torch.logspace(0, -0.7, SIZE, dtype=torch.float64)
    target = normal(SIZE, SIZE, seed=9)

    def loss(matrix: torch.Tensor) -> torch.Tensor:
        return 0.5 * (scales[:, None] * (left.t() @ matrix @ right - target) * scales).square().sum()

    return loss


@pytest.mark.parametrize("optimiser", [Soap, Adam])
def test_only_soap_walks_the_same_way_in_any_basis(optimiser: type[Soap | Adam]) -> None:
    left, right = orthogonal(SIZE, seed=3), orthogonal(SIZE, seed=4)
    start = normal(SIZE, SIZE, seed=5)
    straight = quadratic(*[torch.eye(SIZE, dtype=torch.float64)] * 2)
    here = minimise(optimiser(0.02), straight, start, steps=35)
    there = minimise(optimiser(0.02), quadratic(left, right), left @ start @ right.t(), steps=35)
    difference = (left @ here @ right.t() - there).abs().max()
    walked = (here - start).abs().max()
    assert walked > 0.1
    if optimiser is Soap:
        assert difference < 1e-6 * walked
    else:
        assert difference > 0.01 * walked


@pytest.mark.parametrize("learning_rate", [0.03, 0.1])
def test_an_ill_conditioned_quadratic_is_solved_at_least_ten_times_better_than_by_adam(learning_rate: float) -> None:
    loss = quadratic(orthogonal(SIZE, seed=3), orthogonal(SIZE, seed=4))
    start = 3 * normal(SIZE, SIZE, seed=5)
    found = {kind: float(loss(minimise(kind(learning_rate), loss, start, steps=400))) for kind in (Soap, Adam)}
    assert found[Soap] < 0.1 * found[Adam]
    assert found[Soap] < 1e-3 * float(loss(start))


def two_tensors() -> Parameters:
    return {"matrix": normal(1, SIZE, SIZE, seed=1).requires_grad_(), "vector": normal(1, 5, seed=2).requires_grad_()}


def give_gradients(parameters: Parameters, step: int, scale: float = 1.0) -> None:
    for index, parameter in enumerate(parameters.values()):
        parameter.grad = scale * normal(*parameter.shape, seed=10 * step + index)


@pytest.mark.parametrize("pause", [0, 1, 9, 10, 15])
def test_training_goes_on_from_a_state_dict_to_the_same_bytes(pause: int) -> None:
    parameters, optimiser = two_tensors(), Soap(learning_rate=0.02, clip_norm=3.0)
    for step in range(23):
        if step == pause:
            kept = {name: tensor.clone() for name, tensor in optimiser.state_dict().items()}
            weights = {name: tensor.detach().clone().requires_grad_() for name, tensor in parameters.items()}
        give_gradients(parameters, step)
        optimiser.step(parameters)
    resumed = Soap(learning_rate=0.02, clip_norm=3.0)
    resumed.load_state_dict(kept)
    for step in range(pause, 23):
        give_gradients(weights, step)
        resumed.step(weights)
    assert all(torch.equal(weights[name], parameters[name]) for name in parameters)
    assert resumed.state_dict().keys() == optimiser.state_dict().keys()


def test_clipping_scales_the_gradient_over_all_tensors_to_the_norm_or_leaves_it() -> None:
    for scale in (10.0, 1e-3):
        clipped, scaled = two_tensors(), two_tensors()
        clipping, free = Soap(learning_rate=0.02, clip_norm=1.5), Soap(learning_rate=0.02)
        for step in range(12):
            give_gradients(clipped, step, scale)
            norm = float(torch.cat([parameter.grad.flatten() for parameter in clipped.values()]).norm())
            assert (norm > 1.5) == (scale > 1)
            give_gradients(scaled, step, scale * min(1.0, 1.5 / (norm + 1e-6)))
            clipping.step(clipped)
            free.step(scaled)
        for name in clipped:
            torch.testing.assert_close(clipped[name], scaled[name], rtol=1e-9, atol=1e-11)
