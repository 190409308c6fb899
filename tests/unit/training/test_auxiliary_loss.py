"""The auxiliary loss against the paper's formula in NumPy: anchors, segments, sums, and how far gradients reach."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support import numpy_networks
from support.packs import normal

from rnn_audio.errors import InputError
from rnn_audio.networks.auxiliary_network import reconstruct
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import STREAMS, RandomStreams
from rnn_audio.networks.recurrence import run
from rnn_audio.training.auxiliary_loss import AuxiliaryLoss
from rnn_audio.training.data import Batch

MODELS, BATCH, SAMPLES, MAIN = 2, 3, 20, 5
LOSS = AuxiliaryLoss(
    shape=AuxiliaryShape(3, first_state="bridge", second_state="zeros", cell_state="main"),
    anchors=3,
    segment_samples=6,
    feed="true_samples",
    gradient_reach=None,
    normalise="per_segment",
    pretraining_epochs=1,
)
ANCHORS = torch.tensor([[6, 11, 20], [9, 20, 9]])
REACHES = [None, 0, 1, 4, 15, 100]


def pack(loss: AuxiliaryLoss = LOSS, models: int = MODELS) -> Parameters:
    parameters = initialise(ModelShape(MAIN, auxiliary=loss.shape), RandomStreams(range(models)))
    return {name: (2 * tensor.double()).requires_grad_() for name, tensor in parameters.items()}


def batch(models: int = MODELS, sequences: int = BATCH) -> Batch:
    """A batch whose sequences all differ."""
    inputs = normal(models, sequences, SAMPLES)
    state = normal(models, sequences, MAIN, seed=1), normal(models, sequences, MAIN, seed=2)
    return Batch(inputs, torch.zeros_like(inputs), state)


def main_gradients(parameters: Parameters, loss: torch.Tensor) -> dict[str, torch.Tensor | None]:
    names = [name for name in parameters if not name.startswith("auxiliary.")]
    found = torch.autograd.grad(loss, [parameters[name] for name in names], allow_unused=True)
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize("feed", ["true_samples", "own_output"])
@pytest.mark.parametrize("reach", REACHES)
def test_the_loss_is_the_papers_formula(feed: str, reach: int | None) -> None:
    loss = replace(LOSS, feed=feed, gradient_reach=reach)
    parameters, data = pack(), batch()
    passed = loss.run(parameters, data, ANCHORS)
    ours = passed.segment_losses()
    summed, combined = loss.total(ours), replace(loss, normalise="combined").total(ours)
    for model in range(MODELS):
        weights = {name: tensor[model].detach().numpy() for name, tensor in parameters.items()}
        inputs = data.inputs[model].numpy()
        h, c = (part[model].numpy() for part in data.state)
        states, outputs = {}, []
        for t in range(SAMPLES):
            h, c = numpy_networks.layer_step(weights, "lstm", inputs[:, t : t + 1], h, c)
            outputs.append(numpy_networks.linear(weights, "linear", h)[:, 0])
            states[t + 1] = (h, c)  # behind sample t, the network has read t + 1
        np.testing.assert_allclose(passed.outputs[model].detach().numpy(), np.stack(outputs, -1), rtol=1e-10)
        squares, lengths = [], []  # L_i: over the samples of a segment but its seed, mean over the batch; and l_i
        for anchor in ANCHORS[model].tolist():
            segment = inputs[:, anchor - 6 : anchor]
            first = tuple(
                numpy_networks.linear(weights, f"auxiliary.bridge_first_{part}", state)
                for part, state in zip(("hidden", "cell"), states[anchor], strict=True)
            )
            zeros = np.zeros((BATCH, 3))
            made = numpy_networks.reconstruct(weights, first, (zeros, zeros), segment, feed == "own_output")
            squares.append(((made - segment[:, 1:]) ** 2).sum(axis=1).mean())
            lengths.append(5)
        expected = sum(square / length for square, length in zip(squares, lengths, strict=True))
        assert summed[model].item() == pytest.approx(expected, rel=1e-10)
        assert combined[model].item() == pytest.approx(sum(squares) / sum(lengths), rel=1e-10)


def test_both_normalisations_agree_for_one_anchor() -> None:
    losses = LOSS.run(pack(), batch(), ANCHORS[:, :1]).segment_losses()
    assert torch.equal(LOSS.total(losses), replace(LOSS, normalise="combined").total(losses))


def test_a_segment_is_the_samples_that_precede_its_anchor() -> None:
    data = batch()
    segments = LOSS.run(pack(), data, ANCHORS).segments
    assert segments.shape == (MODELS, 3, BATCH, 5)
    for model, anchors in enumerate(ANCHORS.tolist()):
        for index, anchor in enumerate(anchors):
            # Sample a - 1 is the last that the main network has read; sample a - 6 is the seed.
            expected = torch.stack([data.inputs[model, :, sample] for sample in range(anchor - 5, anchor)], dim=-1)
            assert torch.equal(segments[model, index], expected)


def test_what_follows_the_anchor_reaches_no_reconstruction() -> None:
    data, anchors = batch(), torch.tensor([[6, 8, 11], [9, 11, 9]])
    later = data.inputs.clone()
    later[..., 11:] += 1
    before = LOSS.run(pack(), data, anchors).reconstructions
    assert torch.equal(LOSS.run(pack(), replace(data, inputs=later), anchors).reconstructions, before)
    later[..., 10] += 1
    after = LOSS.run(pack(), replace(data, inputs=later), anchors).reconstructions
    changed = (after - before).abs().amax(dim=(2, 3)) > 0
    assert changed.tolist() == [[False, False, True], [False, True, False]]


# --- anchors ---


@given(seed=st.integers(0, 1000), segment=st.integers(2, 50), extra=st.integers(0, 50), count=st.integers(1, 5))
def test_anchors_leave_room_for_their_segment(seed: int, segment: int, extra: int, count: int) -> None:
    loss = replace(LOSS, segment_samples=segment)
    anchors = loss.draw_anchors(RandomStreams([seed, seed + 1]), "anchors", segment + extra, count)
    assert anchors.shape == (2, count)
    assert anchors.min() >= segment
    assert anchors.max() <= segment + extra


def test_every_possible_anchor_is_drawn_as_often() -> None:
    draws = 40_000
    anchors = LOSS.draw_anchors(RandomStreams([3]), "anchors", SAMPLES, draws).flatten()
    counts = torch.bincount(anchors)[6:].double()
    assert len(counts) == 15  # 6 to 20: behind the last sample, too
    expected = draws / 15
    assert (counts - expected).abs().max() < 5 * np.sqrt(expected)


def test_anchors_are_drawn_from_the_named_stream_alone() -> None:
    streams, untouched = RandomStreams([1, 2]), RandomStreams([1, 2])
    LOSS.draw_anchors(streams, "anchors", SAMPLES, 3)
    for stream in STREAMS:
        same = torch.equal(streams.state()[stream], untouched.state()[stream])
        assert same == (stream != "anchors")


def test_a_model_of_a_pack_has_the_anchors_that_it_has_alone() -> None:
    pack_anchors = LOSS.draw_anchors(RandomStreams([4, 9]), "anchors", 1000, 5)
    for index, seed in enumerate([4, 9]):
        assert torch.equal(LOSS.draw_anchors(RandomStreams([seed]), "anchors", 1000, 5)[0], pack_anchors[index])
    assert not torch.equal(pack_anchors[0], pack_anchors[1])


def test_a_sequence_shorter_than_a_segment_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"segment of 6 samples does not fit in the 5 samples"):
        LOSS.draw_anchors(RandomStreams([1]), "anchors", 5, 1)
    with pytest.raises(InputError, match=r"segment of 6 samples does not fit in the 5 samples"):
        LOSS.spread_anchors(5, most=8)


@given(segment=st.integers(2, 40), extra=st.integers(0, 2000), most=st.integers(1, 30))
def test_spread_anchors_are_many_from_end_to_end_and_do_not_overlap(segment: int, extra: int, most: int) -> None:
    samples = segment + extra
    anchors = replace(LOSS, segment_samples=segment).spread_anchors(samples, most)
    assert len(anchors) == min(most, samples // segment)
    assert anchors[0] == segment
    assert len(anchors) == 1 or anchors[-1] == samples
    gaps = np.diff(anchors)
    assert np.all(gaps >= segment)
    assert len(gaps) == 0 or np.ptp(gaps) <= 1


# --- gradients ---


@pytest.mark.parametrize("reach", REACHES)
def test_gradients_flow_back_as_far_as_configured(reach: int | None) -> None:
    parameters, data = pack(), batch()
    loss = replace(LOSS, gradient_reach=reach)
    ours = main_gradients(parameters, loss.run(parameters, data, ANCHORS).segment_losses().sum())
    theirs = main_gradients(parameters, hand_truncated(parameters, data, reach))
    for name, gradient in ours.items():
        if name.startswith("linear.") or reach == 0:
            assert gradient is None
        else:
            torch.testing.assert_close(gradient, theirs[name], rtol=1e-9, atol=1e-12)
            assert gradient.abs().max() > 0


def hand_truncated(parameters: Parameters, data: Batch, reach: int | None) -> torch.Tensor:
    """Sample by sample for each anchor on its own; the graph is cut `reach` samples before it."""
    total = torch.zeros((), dtype=torch.float64)
    for model, anchors in enumerate(ANCHORS.tolist()):
        only = slice(model, model + 1)
        own = {name: tensor[only] for name, tensor in parameters.items()}
        for anchor in anchors:
            state = data.state[0][only], data.state[1][only]
            for t in range(anchor):
                if reach is not None and t == anchor - reach:
                    state = state[0].detach(), state[1].detach()
                _, state = run(own, data.inputs[only, :, t : t + 1], state)
            if reach == 0:
                state = state[0].detach(), state[1].detach()
            segment = data.inputs[only, :, anchor - 6 : anchor]
            made = reconstruct(own, LOSS.shape, segment, state, LOSS.feed)
            total = total + (made - segment[..., 1:]).square().mean()
    return total


def test_a_reach_beyond_the_beginning_is_full() -> None:
    parameters, data = pack(), batch()
    full = main_gradients(parameters, LOSS.run(parameters, data, ANCHORS).segment_losses().sum())
    reaching = replace(LOSS, gradient_reach=SAMPLES)
    beyond = main_gradients(parameters, reaching.run(parameters, data, ANCHORS).segment_losses().sum())
    for name in ("lstm.weight_ih", "lstm.weight_hh", "lstm.bias_ih", "lstm.bias_hh"):
        torch.testing.assert_close(full[name], beyond[name], rtol=1e-10, atol=1e-13)


def test_a_longer_reach_changes_the_gradient() -> None:
    parameters, data = pack(), batch()
    gradients = []
    for reach in (1, 4, None):
        loss = replace(LOSS, gradient_reach=reach)
        losses = loss.run(parameters, data, ANCHORS).segment_losses()
        gradients.append(main_gradients(parameters, losses.sum())["lstm.weight_hh"])
    assert not torch.isclose(gradients[0], gradients[1]).all()
    assert not torch.isclose(gradients[1], gradients[2]).all()


def test_the_main_losss_own_gradient_is_never_cut() -> None:
    parameters, data = pack(), batch()
    expected = main_gradients(parameters, run(parameters, data.inputs, data.state)[0].square().mean())
    for reach in REACHES:
        outputs = replace(LOSS, gradient_reach=reach).run(parameters, data, ANCHORS).outputs
        for name, gradient in main_gradients(parameters, outputs.square().mean()).items():
            torch.testing.assert_close(gradient, expected[name], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("feed", ["true_samples", "own_output"])
def test_gradients_through_both_networks_are_those_of_finite_differences(feed: str) -> None:
    loss = replace(LOSS, feed=feed, segment_samples=3)
    parameters, data = pack(loss, models=1), batch(models=1, sequences=1)
    used = {name: tensor for name, tensor in parameters.items() if not name.startswith("linear.")}

    def total(*tensors: torch.Tensor) -> torch.Tensor:
        weights = parameters | dict(zip(used, tensors, strict=True))
        return loss.total(loss.run(weights, data, torch.tensor([[4, 7]])).segment_losses())

    assert torch.autograd.gradcheck(total, tuple(used.values()))
