import numpy as np
import pytest
import torch

from rnn_audio.networks.random_streams import STREAMS, RandomStreams

SEEDS = [3, 7, 11]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_model_of_a_pack_draws_what_it_draws_alone(stream: str) -> None:
    pack = RandomStreams(SEEDS)
    pack_normal, pack_bernoulli = pack.normal(stream, (5, 4)), pack.bernoulli(stream, 0.5, (6, 3))
    for index, seed in enumerate(SEEDS):
        alone = RandomStreams([seed])
        assert torch.equal(alone.normal(stream, (5, 4))[0], pack_normal[index])
        assert torch.equal(alone.bernoulli(stream, 0.5, (6, 3))[0], pack_bernoulli[index])


@pytest.mark.parametrize("stream", STREAMS)
def test_drawing_more_of_all_other_streams_does_not_shift_a_stream(stream: str) -> None:
    disturbed = RandomStreams(SEEDS)
    for other in STREAMS:
        if other != stream:
            disturbed.normal(other, (101,))
            disturbed.bernoulli(other, 0.3, (57,))
    assert torch.equal(disturbed.normal(stream, (40,)), RandomStreams(SEEDS).normal(stream, (40,)))


def test_a_stream_goes_on_and_does_not_repeat_itself() -> None:
    streams = RandomStreams([1])
    assert not torch.equal(streams.normal("states", (8,)), streams.normal("states", (8,)))


def test_streams_of_all_seeds_and_purposes_are_uncorrelated() -> None:
    size = 20_000
    streams = RandomStreams([0, 1, 2, 4294967295])
    draws = torch.cat([streams.normal(stream, (size,)) for stream in STREAMS])
    correlation = np.corrcoef(draws.double().numpy())
    np.fill_diagonal(correlation, 0)
    # A correlation of independent normal numbers has the standard deviation 1 / sqrt(size).
    assert np.abs(correlation).max() < 5 / np.sqrt(size)


def test_restored_streams_draw_what_the_originals_draw_next() -> None:
    streams = RandomStreams(SEEDS)
    for stream in STREAMS:
        streams.normal(stream, (13,))
    state = {name: tensor.clone() for name, tensor in streams.state().items()}
    expected = {stream: streams.normal(stream, (21,)) for stream in STREAMS}
    for other_seeds in (SEEDS, [100, 200, 300]):
        restored = RandomStreams(other_seeds)
        restored.restore(state)
        for stream in STREAMS:
            assert torch.equal(restored.normal(stream, (21,)), expected[stream])


def test_a_state_can_be_restored_twice() -> None:
    streams = RandomStreams(SEEDS)
    state = streams.state()
    first = streams.normal("shuffle", (9,))
    streams.restore(state)
    assert torch.equal(streams.normal("shuffle", (9,)), first)
    streams.restore(state)
    assert torch.equal(streams.normal("shuffle", (9,)), first)


def test_a_state_of_another_number_of_models_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        RandomStreams([1, 2]).restore(RandomStreams([1]).state())


def test_normal_numbers_have_the_moments_of_the_standard_normal_distribution() -> None:
    size = 200_000
    draws = RandomStreams([5]).normal("states", (size,)).double()
    # Standard deviations of the sample moments: sqrt(1, 2, 15, 96) / sqrt(size).
    for power, (moment, variance) in enumerate([(0, 1), (1, 2), (0, 15), (3, 96)], start=1):
        assert abs(float((draws**power).mean()) - moment) < 5 * np.sqrt(variance / size)


@pytest.mark.parametrize("probability", [0.05, 0.5, 0.9])
def test_booleans_are_true_as_often_as_asked(probability: float) -> None:
    size = 100_000
    share = float(RandomStreams([5]).bernoulli("sampling", probability, (size,)).double().mean())
    assert abs(share - probability) < 5 * np.sqrt(probability * (1 - probability) / size)


def test_probability_0_is_never_true_and_1_always() -> None:
    streams = RandomStreams(SEEDS)
    assert not streams.bernoulli("sampling", 0.0, (1000,)).any()
    assert streams.bernoulli("sampling", 1.0, (1000,)).all()


def test_shapes_have_a_leading_model_axis() -> None:
    streams = RandomStreams(SEEDS)
    assert streams.normal("weights", (2, 5)).shape == (3, 2, 5)
    assert streams.bernoulli("weights", 0.5, (4,)).shape == (3, 4)


def test_whole_numbers_are_drawn_with_both_ends_and_alike_often() -> None:
    size = 60_000
    draws = RandomStreams([5]).integers("anchors", 3, 8, (size,))
    assert draws.shape == (1, size)
    counts = torch.bincount(draws[0])
    assert counts[:3].sum() == 0
    assert len(counts) == 9
    assert (counts[3:] - size / 6).abs().max() < 5 * np.sqrt(size / 6)


def test_a_model_of_a_pack_draws_the_whole_numbers_that_it_draws_alone() -> None:
    pack = RandomStreams(SEEDS).integers("anchors", 0, 10**6, (4, 2))
    for index, seed in enumerate(SEEDS):
        assert torch.equal(RandomStreams([seed]).integers("anchors", 0, 10**6, (4, 2))[0], pack[index])


# Other streams may follow, but a stream that moves makes every earlier result another one.
NUMBERED = ("weights", "states", "sampling", "shuffle", "evaluation", "anchors")


@pytest.mark.parametrize(("number", "stream"), list(enumerate(NUMBERED)))
def test_a_stream_is_seeded_by_the_seed_and_its_number(number: int, stream: str) -> None:
    generator = torch.Generator()
    generator.manual_seed(int(np.random.SeedSequence([7, number]).generate_state(1, np.uint32)[0]))
    assert torch.equal(RandomStreams([7]).normal(stream, (5,))[0], torch.randn(5, generator=generator))
