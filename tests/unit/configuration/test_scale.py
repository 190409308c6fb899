"""What a reduced run changes of the papers' scale is said, configuration by configuration."""

from pathlib import Path

import pytest
from support.configurations import Config, minimal, overlaid, read_yaml, shipped_config

from rnn_audio.configuration.experiment import AT_THE_PAPERS, Experiment, load_experiment
from rnn_audio.configuration.files import without_overlays
from rnn_audio.configuration.scale import differences


def reduced(**overlay: Config) -> Experiment:
    """The small configuration, reduced by an overlay."""
    quick = overlaid(minimal(), {"scale": {"name": "quick"}, "seeds": [1], **overlay})
    return load_experiment(quick, load_experiment(minimal()))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({}, ""),
        ({"epochs": 20}, "epochs 20 (100)"),
        ({"learning_rate": 0.02, "batch_size": 8}, "batch size 8 (64), learning rate 0.02 (0.001)"),
        ({"update_length_samples": 512}, "sub-sequence length 512 (none) samples"),
        ({"auxiliary": {"anchors": 2, "feed": "true_samples"}}, "number of anchors 2 (1)"),
        ({"duration_s": 12}, "duration 12 (420) s"),
        ({"gradient_clip_norm": 1.0}, "gradient clip norm 1 (none)"),
    ],
)
def test_settings_that_differ_are_named_with_the_papers_in_brackets(own: Config, said: str) -> None:
    papers = {"epochs": 100, "batch_size": 64, "learning_rate": 1e-3, "update_length_samples": None, "duration_s": 420}
    papers |= {"auxiliary": {"anchors": 1, "feed": "true_samples"}, "gradient_clip_norm": None}
    assert differences(papers | own, papers) == said


def test_a_configuration_that_kept_the_papers_scale_says_so() -> None:
    experiment = reduced(configurations={"tone_full": {"epochs": 3}})
    assert experiment.scale_of("tone_full") == "epochs 3 (10)"
    others = [name for name in experiment.configurations if name != "tone_full"]
    assert [experiment.scale_of(name) for name in others] == [AT_THE_PAPERS] * len(others)


def test_the_scale_of_a_device_counts() -> None:
    papers = load_experiment(shipped_config())
    shorter = {"devices": {"amplifier": {"synthetic": {"duration_s": 12}}}, "scale": {"name": "quick"}}
    experiment = load_experiment(overlaid(shipped_config(), shorter), papers)
    assert experiment.scale_of("amplifier_32_none") == "duration 12 (420) s"
    assert experiment.scale_of("sine_full") == AT_THE_PAPERS


def test_nothing_is_said_at_the_papers_scale_or_where_it_is_not_known() -> None:
    papers = load_experiment(minimal())
    assert load_experiment(minimal(), papers).scale_of("tone_full") is None
    alone = load_experiment(overlaid(minimal(), {"scale": {"name": "quick"}}))
    assert alone.scale_of("tone_full") is None
    assert "do not reproduce the paper" in alone.scale_notes("tone_full")[0]


def test_rows_say_their_scale_where_they_differ_and_a_note_where_they_do_not() -> None:
    quick = overlaid(shipped_config(), read_yaml("profiles/quick/settings.yaml"))
    experiment = load_experiment(quick, load_experiment(shipped_config()))
    tables = experiment.config["tables"]
    assert {row["scale"] for row in tables["table_1"]["rows"]} > {AT_THE_PAPERS}
    assert "column Scale" in experiment.table_notes("table_1")[0]
    assert not any("scale" in row for row in tables["amplifier_table_1"]["rows"])
    (note, *_) = experiment.table_notes("amplifier_table_1")
    assert note.startswith("Scale 'quick', one seed; epochs ")
    assert "duration" in note


def test_a_figure_groups_its_configurations_by_their_scale() -> None:
    experiment = reduced(presets={"overfit": {"epochs": 2}})
    names = list(experiment.configurations)
    (note,) = experiment.scale_notes(*names)
    assert note == "Scale 'quick', one seed; epochs 2 (10). In brackets: the papers' scale."
    experiment = reduced(configurations={"tone_full": {"epochs": 3}})
    (note,) = experiment.scale_notes(*names)
    assert "tone_full: epochs 3 (10)" in note
    assert f": {AT_THE_PAPERS}" in note


def test_a_published_loss_stands_beside_a_training_at_the_papers_scale_only() -> None:
    rows = [{"configuration": "tone_full", "quantity": "prediction_mse", "published": {"value": 1e-3}}]
    base = overlaid(minimal(), {"tables": {"table_1": {"rows": rows}}})
    papers = load_experiment(base)
    seeds = {"scale": {"name": "quick"}, "seeds": [1]}
    assert papers.published_loss("tone_full") == 1e-3
    assert load_experiment(overlaid(base, seeds), papers).published_loss("tone_full") == 1e-3
    shorter = seeds | {"presets": {"overfit": {"epochs": 2}}}
    assert load_experiment(overlaid(base, shorter), papers).published_loss("tone_full") is None


def test_the_papers_scale_is_what_an_overlay_is_laid_over(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("scale: {name: paper}\n")
    assert without_overlays(str(path), ["quick.yaml"]) == {"scale": {"name": "paper"}}
    assert without_overlays(str(path), []) is None
    assert without_overlays(str(path), [path]) is None
    assert without_overlays(str(tmp_path / "none.yaml"), ["quick.yaml"]) is None
