"""Mini-batches of a device's segments: each once an epoch, paired, in an order of each model's own."""

import torch

from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.data import DeviceData

SEGMENTS, LENGTH, BATCH, HIDDEN, WARM_UP = 11, 5, 4, 3, 2


def make_data(models: int) -> DeviceData:
    """Sample t of segment s is 10 s + t as an input, and its negative as a target."""
    inputs = 10.0 * torch.arange(SEGMENTS)[:, None] + torch.arange(LENGTH)
    return DeviceData(inputs, -inputs, models, BATCH, HIDDEN, WARM_UP)


def epoch_orders(data: DeviceData, streams: RandomStreams) -> list[list[int]]:
    """Which segments each model has seen in an epoch, in order."""
    firsts = torch.cat([batch.inputs[..., 0] for batch in data.batches(streams)], dim=1)
    return (firsts / 10).long().tolist()


def test_every_model_sees_every_segment_once_an_epoch_in_an_order_of_its_own() -> None:
    data, streams = make_data(models=3), RandomStreams([1, 2, 3])
    orders = [order for _ in range(4) for order in epoch_orders(data, streams)]
    assert all(sorted(order) == list(range(SEGMENTS)) for order in orders)
    # Models and epochs all differ: of 11! orders no two are alike.
    assert len({tuple(order) for order in orders}) == 12


def test_input_and_target_stay_paired_and_whole() -> None:
    for batch in make_data(models=2).batches(RandomStreams([1, 2])):
        assert torch.equal(batch.targets, -batch.inputs)
        steps = batch.inputs - batch.inputs[..., :1]
        assert torch.equal(steps, torch.arange(float(LENGTH)).expand_as(steps))


def test_the_last_batch_holds_what_is_left() -> None:
    batches = list(make_data(models=2).batches(RandomStreams([1, 2])))
    assert [tuple(batch.inputs.shape) for batch in batches] == [(2, 4, LENGTH), (2, 4, LENGTH), (2, 3, LENGTH)]
    assert [tuple(batch.targets.shape) for batch in batches] == [tuple(batch.inputs.shape) for batch in batches]


def test_a_batch_larger_than_the_data_is_all_of_it() -> None:
    inputs = torch.arange(6.0).reshape(3, 2)
    (batch,) = DeviceData(inputs, inputs, models=1, batch_size=50, hidden_size=HIDDEN, warm_up=0).batches(
        RandomStreams([1])
    )
    assert torch.equal(batch.inputs[0].sort(dim=0).values, inputs)


def test_each_segment_starts_from_rest_and_is_warmed_up() -> None:
    for batch in make_data(models=2).batches(RandomStreams([1, 2])):
        assert batch.warm_up == WARM_UP
        for part in batch.state:
            assert torch.equal(part, torch.zeros(2, batch.inputs.shape[1], HIDDEN))


def test_a_fresh_state_is_rest_and_draws_nothing() -> None:
    streams = RandomStreams([1, 2])
    before = streams.state()
    for part in make_data(models=2).initial_state(streams, "states"):
        assert torch.equal(part, torch.zeros(2, BATCH, HIDDEN))
    assert all(torch.equal(state, before[name]) for name, state in streams.state().items())


def test_the_same_seed_repeats_its_orders_and_another_does_not() -> None:
    def three_epochs(seed: int) -> list[list[list[int]]]:
        streams = RandomStreams([seed])
        return [epoch_orders(make_data(models=1), streams) for _ in range(3)]

    assert three_epochs(7) == three_epochs(7)
    assert three_epochs(7) != three_epochs(8)


def test_a_model_of_a_pack_draws_as_it_does_alone() -> None:
    seeds = [5, 9, 2]
    together = RandomStreams(seeds)
    pack = [epoch_orders(make_data(models=3), together) for _ in range(3)]
    for index, seed in enumerate(seeds):
        streams = RandomStreams([seed])
        alone = [epoch_orders(make_data(models=1), streams) for _ in range(3)]
        assert [orders[index] for orders in pack] == [orders[0] for orders in alone]


def test_the_order_does_not_depend_on_the_batch_size() -> None:
    inputs = 10.0 * torch.arange(SEGMENTS)[:, None].expand(SEGMENTS, LENGTH)
    orders = [
        epoch_orders(DeviceData(inputs, inputs, 1, batch, HIDDEN, WARM_UP), RandomStreams([1])) for batch in (1, 4, 11)
    ]
    assert orders[0] == orders[1] == orders[2]
