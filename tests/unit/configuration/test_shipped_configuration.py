"""The configuration that is shipped: sound, and the papers'."""

from collections.abc import Callable

import pytest
from support.configurations import Config, overlaid, read_yaml, shipped_config

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.errors import InputError


def test_the_shipped_configuration_is_sound(shipped: Experiment) -> None:
    assert shipped.configurations.keys() == shipped.config["configurations"].keys()
    assert shipped.scale_notes() == []


def test_the_quick_profile_is_sound_and_says_that_it_is_not_the_papers(shipped: Experiment) -> None:
    config = overlaid(shipped_config(), read_yaml("profiles/quick/settings.yaml"))
    quick, full = load_experiment(config), shipped
    assert quick.config["configurations"].keys() == quick.configurations.keys() <= full.configurations.keys()
    assert quick.configurations_on("device") == full.configurations_on("device")
    for name, settings in quick.configurations.items():
        assert settings["epochs"] <= full.configurations[name]["epochs"]
        if "signal" in settings:
            scaled = {"epochs": None, "batch_size": None, "teacher_forcing": None, "auxiliary": None}
            assert settings | scaled == full.configurations[name] | scaled
    # What decides paper A's tables at 1024 Hz is trained as long as in the paper.
    decisive = [name for name, settings in quick.configurations.items() if settings.get("rate_hz") == 1024]
    as_long = [name for name in decisive if "free_running" not in full.configurations[name]]
    assert as_long
    assert all(quick.configurations[name]["epochs"] == full.configurations[name]["epochs"] for name in as_long)
    for table in quick.config["tables"]:
        assert any("do not reproduce the paper" in note for note in quick.table_notes(table))


# Tables I and II of "Generating Impulse Responses using Recurrent Neural Networks": minutes and seconds as printed.
PAPER_TABLE_1 = {
    (1024, 100): (5.13e-03, 3 * 60 + 22),
    (1024, 500): (9.882e-04, 15 * 60 + 33),
    (5512, 100): (4.183e-03, 11 * 60 + 9),
    (5512, 500): (3.551e-03, 3600 + 6 * 60 + 12),
}
PAPER_TABLE_2 = {
    (1024, 16): (1.601e-03, 3 * 60 + 44),
    (1024, 64): (1.111e-03, 3 * 60 + 12),
    (1024, 128): (2.074e-03, 3 * 60 + 7),
    (1024, 512): (5.131e-03, 3 * 60 + 14),
    (5512, 128): (2.299e-03, 10 * 60 + 18),
    (5512, 512): (3.386e-03, 16 * 60 + 53),
    (5512, 1024): (4.405e-03, 17 * 60 + 11),
    (5512, 2756): (6.036e-03, 21 * 60 + 14),
}


@pytest.mark.parametrize(
    ("table", "label", "paper"),
    [("table_1", "epochs", PAPER_TABLE_1), ("table_2", "update_length_samples", PAPER_TABLE_2)],
)
def test_published_losses_and_times_are_the_papers(
    shipped: Experiment, table: str, label: str, paper: dict[tuple[int, int], tuple[float, float]]
) -> None:
    rows = shipped.config["tables"][table]["rows"]
    assert len(rows) == len(paper)
    ours = {
        (row["labels"]["rate_hz"], row["labels"][label]): (row["published"]["value"], row["published"]["time_s"])
        for row in rows
    }
    assert ours == paper


def test_table_1_labels_are_its_configurations_rates_and_epochs(shipped: Experiment) -> None:
    for row in shipped.config["tables"]["table_1"]["rows"]:
        settings = shipped.configurations[row["configuration"]]
        labels = {"rate_hz": settings["rate_hz"], "epochs": settings["epochs"]}
        assert row["labels"] == labels
        assert settings["update_length_samples"] is None


def test_table_2_labels_are_its_configurations_rates_and_sub_sequences(shipped: Experiment) -> None:
    for row in shipped.config["tables"]["table_2"]["rows"]:
        settings = shipped.configurations[row["configuration"]]
        samples = int(0.5 * settings["rate_hz"])  # the paper's impulse response lasts half a second
        length = settings["update_length_samples"] or samples
        assert row["labels"] == {"rate_hz": settings["rate_hz"], "update_length_samples": length}
        assert settings["epochs"] == 100


def test_networks_and_training_are_those_of_paper_a(shipped: Experiment) -> None:
    signals = [settings for settings in shipped.configurations.values() if "signal" in settings]
    of_the_paper = [settings for settings in signals if "free_running" not in settings]
    assert len(of_the_paper) >= 18
    for settings in of_the_paper:
        assert settings["hidden_size"] == 64
        assert settings["batch_size"] == 64
        assert settings["epochs"] in (100, 200, 500)


def mutate_shipped(change: Callable[[Config], None]) -> Config:
    config = shipped_config()
    change(config)
    return config


def test_a_removed_configuration_is_missed_by_the_table_that_shows_it() -> None:
    config = mutate_shipped(lambda config: config["configurations"].pop("room_1024_reset_64"))
    with pytest.raises(InputError, match=r"table_3\.rows\[3\]\.configuration.*room_1024_reset_64"):
        load_experiment(config)


def test_a_removed_value_of_a_grid_is_missed_by_what_is_published_of_it() -> None:
    def shorten(config: Config) -> None:
        config["configurations"]["room_1024_sub"]["grid"]["update_length_samples"] = [64, 128]

    with pytest.raises(InputError, match=r"table_2\.rows\[0\]\.published: 'room_1024_sub_16' is not one of"):
        load_experiment(mutate_shipped(shorten))
