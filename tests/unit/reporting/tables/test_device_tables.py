import copy
import csv
import io
import statistics
from typing import Any

import pytest
import yaml
from support.places import REPOSITORY

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.errors import InputError
from rnn_audio.losses.preemphasis import FILTERS, NAMES
from rnn_audio.reporting.tables.kinds import build_table
from rnn_audio.reporting.tables.rendering import Table, render_csv, render_markdown

CONFIG = REPOSITORY / "config.yaml"

# Paper B, table 1, in per cent: hidden size, training filter, and the test losses in the order of NAMES.
PAPER = [
    (32, "none", 1.56, 10.9, 7.68, 3.16),
    (32, "highpass", 2.49, 6.78, 4.54, 3.10),
    (32, "folded_differentiator", 2.92, 10.1, 5.57, 3.33),
    (32, "a_weighting", 3.20, 23.1, 7.73, 2.66),
    (64, "none", 0.77, 5.65, 3.56, 1.41),
    (64, "highpass", 1.08, 3.79, 2.61, 1.66),
    (64, "folded_differentiator", 1.31, 5.92, 2.87, 1.63),
    (64, "a_weighting", 1.01, 12.3, 4.15, 1.28),
]
CONFIGURATIONS = [f"amplifier_{size}_{name}" for size, name, *_ in PAPER]
TEST_HIGHPASS = [0.12, 0.1, 0.14, 0.11, 0.13]


def selection() -> dict[str, Any]:
    seeds = {
        str(seed): {
            "losses": {
                "test_loss": 0.02 + 0.001 * seed,
                "validation_loss": 0.03 - 0.001 * seed,
                **{f"test_{name}": 0.01 * seed for name in NAMES},
                "test_highpass": TEST_HIGHPASS[seed - 1],
            },
            "wall_time_s": 10.0 * seed,
            "peak_memory_mib": 410.0,
            "accelerator": "cpu",
        }
        for seed in range(1, 6)
    }
    return {
        "rule": "test_loss",
        "chosen_seed": 1,
        "chosen_seeds": {"test_loss": 1, "validation_loss": 5},
        "seeds": seeds,
    }


def band(level_db: float = -20.0) -> dict[str, Any]:
    """Five seeds, each a decibel better than the one before, on three equal seconds."""
    errors = {str(seed): [10 ** ((level_db - seed + 1) / 10)] * 3 for seed in range(1, 6)}
    return {"chosen_seed": 1, "bands": {"error_1_2_khz_db": {"target": [1.0] * 3, "errors": errors}}}


def metrics(device: str = "amplifier") -> dict[str, Any]:
    baselines = {"zero": 1.0, "gain": 0.47, "waveshaper": 0.21}
    return {
        "device": device,
        "kind": "device",
        "rate_hz": 44100,
        "chosen_seed": 1,
        "baselines": {name: dict.fromkeys(NAMES, loss) for name, loss in baselines.items()},
    }


def declaration(**changes: object) -> dict[str, Any]:
    rows = [
        {
            "configuration": name,
            "labels": {"hidden_size": size, "pre_emphasis": trained},
            "published": dict(zip(NAMES, [loss / 100 for loss in losses], strict=True)),
        }
        for name, (size, trained, *losses) in zip(CONFIGURATIONS, PAPER, strict=True)
    ]
    labels = {"hidden_size": "Hidden size", "pre_emphasis": "Training pre-emphasis"}
    return {"caption": "Test loss", "kind": "device_losses", "labels": labels, "rows": rows, **changes}


def build(
    declared: dict[str, Any],
    measured: dict[str, dict[str, Any]] | None = None,
    errors: dict[str, dict[str, Any]] | None = None,
) -> Table:
    results = {
        "selections": {name: selection() for name in CONFIGURATIONS},
        "metrics": measured or {name: metrics() for name in CONFIGURATIONS},
        "errors": errors or {name: band() for name in CONFIGURATIONS},
    }
    return build_table("table_1", declared, results)


def band_declaration(**changes: object) -> dict[str, Any]:
    declared = declaration(kind="band_errors", **changes)
    for row in declared["rows"]:
        row["quantity"] = "prediction.error_1_2_khz_db"
        row["published"] = {"value": -5} if row["labels"]["pre_emphasis"] == "a_weighting" else None
    return declared


def test_the_configured_published_values_are_those_of_the_papers_table_1() -> None:
    rows = load_experiment(yaml.safe_load(CONFIG.read_text(encoding="utf-8"))).config["tables"]["amplifier_table_1"][
        "rows"
    ]
    found = [
        (
            row["labels"]["hidden_size"],
            {own.words: name for name, own in FILTERS.items()}[row["labels"]["pre_emphasis"]],
            *(round(100 * row["published"][name], 6) for name in NAMES),
        )
        for row in rows
    ]
    assert found == PAPER
    assert [row["configuration"] for row in rows] == CONFIGURATIONS


def test_each_test_filter_has_paper_best_mean_and_spread_as_fractions() -> None:
    record = build(declaration()).frame.to_dict("records")[0]
    assert record["paper_test_highpass"] == 0.109
    assert record["best_test_highpass"] == 0.12
    assert record["mean_test_highpass"] == pytest.approx(statistics.mean(TEST_HIGHPASS), rel=1e-15)
    assert record["std_test_highpass"] == pytest.approx(statistics.stdev(TEST_HIGHPASS), rel=1e-15)
    assert record["mean_test_none"] == pytest.approx(0.03)
    assert (record["chosen_seed"], record["seeds"], record["wall_time_s"]) == (1, 5, 10)


def test_select_by_chooses_the_seed_and_leaves_mean_and_spread() -> None:
    by_test, by_validation = (build(declaration(select_by=rule)).frame for rule in ("test_loss", "validation_loss"))
    assert (by_test.loc[0, "best_test_none"], by_validation.loc[0, "best_test_none"]) == (0.01, 0.05)
    assert (by_test.loc[0, "chosen_seed"], by_validation.loc[0, "chosen_seed"]) == (1, 5)
    assert by_validation.loc[0, "wall_time_s"] == 50
    assert by_test.loc[0, "mean_test_none"] == by_validation.loc[0, "mean_test_none"]


def test_the_selection_leak_is_said_where_there_is_one() -> None:
    leaking, sound = (" ".join(build(declaration(select_by=f"{part}_loss")).notes) for part in ("test", "validation"))
    assert "is a selection leak" in leaking
    assert "lowest validation loss" in sound
    assert "is a selection leak" not in sound


def test_people_see_per_cent_with_three_digits_and_machines_see_fractions() -> None:
    table = build(declaration())
    line = render_markdown(table).splitlines()[4]
    assert line.startswith("| 32 | none | 1.56 | 1.00 | 3.00 ± 1.58 | 10.9 | 12.0 | 12.0 ± 1.6 | 7.68 |")
    assert next(csv.DictReader(io.StringIO(render_csv(table))))["paper_test_a_weighting"] == "0.0316"


def test_baselines_stand_below_the_models_in_the_best_columns_alone() -> None:
    table = build(declaration())
    *models, waveshaper, gain, silence = csv.DictReader(io.StringIO(render_csv(table)))
    assert len(models) == len(PAPER)
    assert waveshaper["pre_emphasis"] == "memoryless waveshaper"
    assert gain["pre_emphasis"] == "least-squares gain"
    assert silence["pre_emphasis"] == "silence"
    assert {key: value for key, value in gain.items() if value} == {
        "pre_emphasis": "least-squares gain",
        **{f"best_test_{name}": "0.47" for name in NAMES},
    }
    assert render_markdown(table).splitlines()[14].startswith("| – | silence | – | 100 | – |")


def test_whole_numbers_stay_whole_above_the_baselines() -> None:
    first = next(csv.DictReader(io.StringIO(render_csv(build(declaration())))))
    assert (first["hidden_size"], first["seeds"], first["chosen_seed"]) == ("32", "5", "1")


def test_each_device_has_baselines_of_its_own() -> None:
    measured = {name: metrics(device="fuzz" if "64" in name else "amplifier") for name in CONFIGURATIONS}
    labels = list(build(declaration(), measured).frame["pre_emphasis"])[len(PAPER) :]
    assert len(labels) == 6
    assert "silence (amplifier)" in labels
    assert "silence (fuzz)" in labels


def test_a_published_loss_of_an_unknown_filter_is_an_error() -> None:
    declared = declaration()
    declared["rows"][1]["published"] = {"b_weighting": 0.1}
    with pytest.raises(InputError, match=r"row 2 \(amplifier_32_highpass\).*b_weighting.*folded_differentiator"):
        build(declared)


def test_a_selection_rule_without_a_choice_is_an_error_that_lists_the_rules() -> None:
    with pytest.raises(InputError, match=r"row 1 \(amplifier_32_none\).*'luck'.*test_loss, validation_loss"):
        build(declaration(select_by="luck"))


def test_results_without_baselines_are_an_error() -> None:
    measured = {name: {**metrics(), "baselines": {}} for name in CONFIGURATIONS}
    with pytest.raises(InputError, match=r"baselines\.waveshaper\.none"):
        build(declaration(), measured)


LEVELS = dict(zip(CONFIGURATIONS, [-20, -21, -22, -26, -30, -31, -32, -36], strict=True))


def test_a_band_level_is_compared_with_the_other_filters_of_the_same_size() -> None:
    frame = build(band_declaration(), errors={name: band(level) for name, level in LEVELS.items()}).frame
    compared = frame[frame["pre_emphasis"] == "a_weighting"]
    assert list(compared["error_db"]) == pytest.approx([-26, -36])
    assert list(compared["others_mean_db"]) == pytest.approx([-21, -31])
    assert list(compared["difference_db"]) == pytest.approx([-5, -5])
    assert list(compared["paper_difference_db"]) == [-5, -5]


def test_seeds_are_compared_in_pairs_and_seconds_give_an_interval() -> None:
    errors = {name: band(level) for name, level in LEVELS.items()}
    own = errors["amplifier_32_a_weighting"]["bands"]["error_1_2_khz_db"]["errors"]
    own["5"] = [energy * 100 for energy in own["5"]]  # one seed is 15 dB worse than the others, not 5 dB better
    own["1"] = [0.5 * own["1"][0], own["1"][0], 1.5 * own["1"][0]]
    table = build(band_declaration(), errors=errors)
    record = table.frame.to_dict("records")[3]
    assert (record["median_difference_db"], record["lowest_db"], record["highest_db"]) == pytest.approx((-5, -5, 15))
    assert record["seeds_below"] == "4 of 5, p = 0.19"
    assert record["difference_low_db"] < record["difference_db"] < record["difference_high_db"]
    assert "| −5.00 [−8.01, −3.24] |" in render_markdown(table)


def test_one_second_has_no_interval() -> None:
    errors = {name: band(level) for name, level in LEVELS.items()}
    for record in errors.values():
        stored = record["bands"]["error_1_2_khz_db"]
        stored["target"] = stored["target"][:1]
        stored["errors"] = {seed: energies[:1] for seed, energies in stored["errors"].items()}
    table = build(band_declaration(), errors=errors)
    assert table.frame[["difference_low_db", "difference_high_db"]].isna().all(axis=None)
    assert "| −26.00 | −21.00 | −5.00 | −5.00 [−5.00, −5.00] |" in render_markdown(table)


def test_one_seed_has_no_comparison_of_seeds() -> None:
    single = selection()
    single["seeds"] = {"1": single["seeds"]["1"]}
    results = {
        "selections": dict.fromkeys(CONFIGURATIONS, single),
        "errors": {name: band() for name in CONFIGURATIONS},
    }
    table = build_table("bands", band_declaration(), results)
    assert "seeds_below" not in [column.key for column in table.columns]
    assert "random numbers" not in " ".join(table.notes)


def test_a_band_level_without_others_has_no_difference() -> None:
    declared = band_declaration()
    declared["rows"] = declared["rows"][:1]
    table = build(declared)
    assert table.frame[["others_mean_db", "difference_db", "lowest_db"]].isna().all(axis=None)
    assert "| 32 | none | −20.00 |\n" in render_markdown(table)


def test_band_levels_are_of_the_seed_that_the_rule_selects() -> None:
    assert build(band_declaration(select_by="validation_loss")).frame.loc[0, "error_db"] == pytest.approx(-24)


def test_an_unknown_band_is_an_error_that_lists_the_known_ones() -> None:
    declared = band_declaration()
    for row in declared["rows"]:
        row["quantity"] = "prediction.error_2_4_khz_db"
    with pytest.raises(InputError, match=r"error_2_4_khz_db.*there are: prediction\.error_1_2_khz_db"):
        build(declared)


def test_a_table_of_bands_shows_one_band() -> None:
    declared = copy.deepcopy(band_declaration())
    declared["rows"][0]["quantity"] = "prediction.error_2_4_khz_db"
    with pytest.raises(InputError, match="one quantity"):
        build(declared)
