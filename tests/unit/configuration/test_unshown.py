"""Configurations that nothing shows get a figure of their own."""

from support.configurations import shipped_config

from rnn_audio.configuration.experiment import load_experiment


def own(**configurations: dict[str, object]) -> dict[str, object]:
    config = shipped_config()
    config["configurations"] |= configurations
    return config


SMALL = {"preset": "overfit", "signal": "sine", "rate_hz": 8000}


def test_the_shipped_configurations_are_all_shown() -> None:
    shipped = shipped_config()
    experiment = load_experiment(shipped)
    assert experiment.config["figures"].keys() == {*shipped["figures"], *shipped["sweeps"]}


def test_a_signals_configuration_gets_its_sounds_in_a_figure_of_its_name() -> None:
    experiment = load_experiment(own(church=SMALL))
    figure = experiment.config["figures"]["church"]
    assert (figure["kind"], figure["paper"]) == ("waveforms", "impulse_response")
    assert [(panel["configuration"], panel["shows"]) for panel in figure["panels"]] == [
        ("church", "prediction"),
        ("church", "generation"),
    ]


def test_a_reconstruction_is_shown_where_there_is_one_and_a_device_by_its_error() -> None:
    auxiliary = {"preset": "auxiliary", "signal": "sine_4096", "rate_hz": 44100, "epochs": 3}
    device = {"preset": "amplifier", "hidden_size": 8, "pre_emphasis": "none"}
    figures = load_experiment(own(assisted=auxiliary, small=device)).config["figures"]
    assert [panel["shows"] for panel in figures["assisted"]["panels"]] == ["prediction", "generation", "reconstruction"]
    assert (figures["small"]["kind"], figures["small"]["paper"]) == ("error_spectra", "amplifier")


def test_members_of_a_grid_each_get_one_and_a_taken_name_is_another() -> None:
    experiment = load_experiment(own(many=SMALL | {"grid": {"hidden_size": [4, 8]}}, figure_2=SMALL))
    assert {"many_4", "many_8", "own_figure_2"} <= experiment.config["figures"].keys()
    assert experiment.config["figures"]["figure_2"]["panels"][0]["configuration"] == "sine_free"
