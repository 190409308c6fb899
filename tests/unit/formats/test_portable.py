"""Changes of a model's form leave its output as it is."""

import numpy as np
import pytest
from support.format_readers import play_truly
from support.portable_models import noise, random_model

from rnn_audio.formats.player import play, settled
from rnn_audio.formats.portable import padded, skip_inside, skip_outside


def test_more_units_change_nothing() -> None:
    model, sound = random_model(), noise()
    wider = padded(model, 11)
    assert wider.hidden_size == 11
    error = play_truly(wider.weights, True, sound) - play_truly(model.weights, True, sound)
    assert np.abs(error).max() < 1e-15  # a product over more zeros may add in another order
    with pytest.raises(ValueError, match="6 units do not fit into 5"):
        padded(model, 5)


def test_a_skip_goes_into_the_network_and_out_of_it() -> None:
    sound = noise()
    for model, changed in ((random_model(skip=True), skip_inside), (random_model(skip=False), skip_outside)):
        other = changed(model)
        assert (other.skip, other.hidden_size) == (not model.skip, 7)
        error = play_truly(other.weights, other.skip, sound) - play_truly(model.weights, model.skip, sound)
        assert 0 < np.abs(error).max() < 5e-8
        assert changed(other) is other


def test_the_player_computes_the_definition_in_one_go_and_in_parts() -> None:
    model, sound = random_model(), noise()
    whole, last = play(model, sound)
    assert np.abs(whole - play_truly(model.weights, True, sound)).max() < 1e-6
    state, parts = None, []
    for part in np.split(sound, [1, 2, 333]):
        output, state = play(model, part, state)
        parts.append(output)
    assert np.array_equal(np.concatenate(parts), whole)
    assert all(np.array_equal(own, other) for own, other in zip(state, last, strict=True))


def test_a_sound_of_no_samples_leaves_the_state() -> None:
    model = settled(random_model())
    output, state = play(model, np.zeros(0))
    assert output.shape == (0,)
    assert np.array_equal(state[0], model.state[0])


def test_the_player_is_pytorchs_lstm() -> None:
    import torch

    from rnn_audio.networks.engines.pytorch import lstm_layer

    model, sound = random_model(32), noise(5000)
    names = ("lstm.weight_ih", "lstm.weight_hh", "lstm.bias_ih", "lstm.bias_hh")
    weights = tuple(torch.from_numpy(model.weights[name]) for name in names)
    zeros = torch.zeros(1, 32)
    sequence, _ = lstm_layer(weights, torch.from_numpy(sound.astype(np.float32)).view(-1, 1, 1), (zeros, zeros))
    output = sequence[:, 0] @ torch.from_numpy(model.weights["linear.weight"][0])
    expected = output.numpy() + model.weights["linear.bias"] + sound
    assert np.abs(play(model, sound)[0] - expected).max() < 1e-6
