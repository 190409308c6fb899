import copy
import statistics
from typing import Any

import pytest
from support.signal_results import LOSSES, build, metrics, selection

from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.kinds import build_table
from rnn_audio.reporting.tables.parts import summarise_seeds
from rnn_audio.reporting.tables.rendering import render_markdown


def losses_declaration() -> dict[str, Any]:
    return {
        "caption": "Impulse response prediction",
        "kind": "losses",
        "labels": {"sample_rate_hz": "Sample rate (Hz)", "epochs": "Epochs"},
        "rows": [
            {
                "configuration": "room",
                "labels": {"sample_rate_hz": 1024, "epochs": 100},
                "quantity": "prediction_mse",
                "published": {"value": 5.13e-3, "time_s": 202},
            }
        ],
    }


def observations_declaration(quantity: str | None, published: object = None) -> dict[str, Any]:
    row = {"configuration": "room", "labels": {"what": "Observation"}, "quantity": quantity, "published": published}
    return {"caption": "Observations", "kind": "observations", "labels": {"what": "What"}, "rows": [row]}


def test_a_losses_row_sets_the_paper_beside_best_mean_spread_and_baseline() -> None:
    record = build(losses_declaration()).frame.to_dict("records")[0]
    assert record["paper_mse"] == 5.13e-3
    assert record["best_mse"] == 4.9e-3
    assert record["mean_mse"] == pytest.approx(statistics.mean(LOSSES), rel=1e-15)
    assert record["std_mse"] == pytest.approx(statistics.stdev(LOSSES), rel=1e-15)
    assert record["seeds"] == 5
    assert record["zero_baseline_mse"] == 5.7e-3
    assert record["best_percent"] == pytest.approx(100 * 4.9e-3 / 5.7e-3)
    assert (record["linear_8_percent"], record["linear_32_percent"]) == pytest.approx((66, 50))
    assert (record["lower_quartile_mse"], record["median_mse"], record["upper_quartile_mse"]) == pytest.approx(
        (6e-3, 9e-3, 24e-3)
    )
    assert record["peak_memory_mib"] == 410
    assert (record["paper_time_s"], record["wall_time_s"], record["mean_wall_time_s"]) == (202, 30, 30)
    assert record["accelerator"] == "cpu"


def test_rows_say_what_their_training_changes_of_the_papers_scale() -> None:
    declaration = losses_declaration()
    assert "scale" not in build(declaration).frame
    declaration["rows"][0]["scale"] = "epochs 20 (100)"
    table = build(declaration)
    assert table.frame["scale"].tolist() == ["epochs 20 (100)"]
    assert "Scale" in render_markdown(table).splitlines()[2]


def test_an_error_over_power_is_observed_in_per_cent() -> None:
    record = build(observations_declaration("generation.relative_error")).frame.to_dict("records")[0]
    assert record["quantity_words"] == "MSE of the generation (% of the power)"
    assert record["best"] == pytest.approx(105)


def test_a_table_of_losses_needs_no_sounds_and_no_metrics() -> None:
    alone = build_table("table_1", losses_declaration(), {"selections": {"room": selection()}}, ["A note."])
    assert alone.frame.equals(build(losses_declaration()).frame)


def test_times_of_a_pack_are_shared_by_its_models() -> None:
    packed = selection()
    for seed in ("3", "4"):
        packed["seeds"][seed]["models_at_once"] = 2
    table = build(losses_declaration(), selections=packed)
    record = table.frame.to_dict("records")[0]
    assert (record["wall_time_s"], record["mean_wall_time_s"]) == (15, (10 + 20 + 15 + 20 + 50) / 5)
    assert any("up to 2 at once" in note for note in table.notes)
    assert not any("at once" in note for note in build(losses_declaration()).notes)


def test_the_losses_columns_come_in_reading_order_labels_first() -> None:
    table = build(losses_declaration())
    assert list(table.frame)[:5] == ["sample_rate_hz", "epochs", "paper_mse", "best_mse", "best_percent"]
    headers = [column.header.replace("\n", " ") for column in table.columns]
    assert headers == [
        "Sample rate (Hz)",
        "Epochs",
        "Paper",
        "Best of 5 (of the power)",
        "Best of 5, median [quartiles] of states",
        "Mean ± std",
        "Seeds",
        "Linear prediction, 8 / 32 taps (%)",
        "Zero output",
        "Paper time",
        "Best of 5 time",
        "Mean time",
        "Peak memory (MiB)",
        "Accelerator",
    ]


def test_a_loss_stands_next_to_its_share_of_the_power_and_the_quartiles_of_the_states() -> None:
    line = render_markdown(build(losses_declaration())).splitlines()[4]
    assert "| 5.13×10⁻³ | 4.90×10⁻³ (86.0 %) | 9.00×10⁻³ [6.00×10⁻³, 2.40×10⁻²] |" in line
    assert "| 66.0 / 50.0 | 5.70×10⁻³ |" in line


def test_one_seed_is_said_once() -> None:
    """No mean that repeats it, no spread that there is none of, nothing that was chosen."""
    table = build(losses_declaration(), selections=selection([4e-3], chosen=1))
    headers = " ".join(column.header for column in table.columns)
    assert "Seed 1" in headers
    assert not any(word in headers for word in ("Best", "Mean", "Seeds"))
    text = render_markdown(table)
    assert "±" not in text
    assert "lowest" not in text
    assert text.splitlines()[4].count("4.00×10⁻³") == 1
    assert any("One seed" in note for note in table.notes)


def test_columns_without_a_value_are_left_out_and_kept_in_the_csv() -> None:
    declaration = losses_declaration()
    del declaration["rows"][0]["published"]
    table = build(declaration)
    assert not any("Paper" in column.header for column in table.columns)
    assert not any("published" in note for note in table.notes)
    assert {"paper_mse", "paper_time_s"} <= set(table.frame)


def test_given_notes_follow_the_notes_on_the_columns() -> None:
    table = build(losses_declaration())
    assert table.notes[-1] == "A note."
    assert any("published" in note for note in table.notes[:-1])


def test_nothing_published_leaves_the_paper_empty() -> None:
    declaration = losses_declaration()
    del declaration["rows"][0]["published"]
    frame = build(declaration).frame
    assert frame[["paper_mse", "paper_time_s"]].isna().all(axis=None)


def test_an_mse_is_never_divided_by_that_of_another_recording() -> None:
    for declaration in (losses_declaration(), observations_declaration("generation_mse", {"value": 3e-3})):
        table = build(declaration)
        assert not any("over_paper" in column for column in table.frame)
        assert any("not published" in note for note in table.notes)


def test_seeds_whose_loss_could_not_be_measured_do_not_count() -> None:
    record = build(losses_declaration(), selections=selection([4e-3, None, 6e-3])).frame.to_dict("records")[0]
    assert record["seeds"] == 2
    assert record["mean_mse"] == pytest.approx(5e-3)


def test_one_seed_has_a_mean_and_no_spread() -> None:
    frame = build(losses_declaration(), selections=selection([4e-3], chosen=1)).frame
    assert frame.loc[0, "mean_mse"] == 4e-3
    assert frame["std_mse"].isna().all()


def test_no_seed_has_neither() -> None:
    summary = summarise_seeds(float("nan"), [])
    assert summary.seeds == 0
    assert summary.mean != summary.mean


def test_an_observation_of_a_loss_has_a_spread_and_a_baseline() -> None:
    declaration = observations_declaration("generation_mse", {"value": 3e-3})
    record = build(declaration).frame.to_dict("records")[0]
    assert record["best"] == 6e-3
    assert record["std"] == pytest.approx(statistics.stdev([2e-3, 4e-3, 6e-3, 8e-3, 10e-3]))
    assert record["best_percent"] == pytest.approx(100 * 6 / 5.7)
    assert record["zero_baseline_mse"] == 5.7e-3


def test_the_baseline_of_an_auxiliary_loss_is_its_own() -> None:
    results = selection()
    for seed, losses in results["seeds"].items():
        losses["losses"]["auxiliary_mse"] = 1e-3 * int(seed)
    record = build(observations_declaration("auxiliary_mse"), selections=results).frame.iloc[0]
    assert record["best"] == 3e-3
    assert record["zero_baseline_mse"] == 4e-3


def test_an_observation_of_a_metric_is_the_chosen_models_and_keeps_the_papers_words() -> None:
    frame = build(observations_declaration("generation.effective_length_samples", "about 200")).frame
    assert frame.loc[0, "paper"] == "about 200"
    assert frame.loc[0, "best"] == 128
    assert frame[["mean", "std", "zero_baseline_mse", "best_percent"]].isna().all(axis=None)


def test_a_metric_of_all_states_has_a_mean_over_the_seeds() -> None:
    measured = metrics("tone")
    measured["generation"]["sounding_states_percent"] = 80.0
    shares = {"1": 60.0, "2": 70.0, "3": 80.0, "4": 90.0, "5": None}
    measured["seeds"] = {seed: {"generation.sounding_states_percent": share} for seed, share in shares.items()}
    record = build(observations_declaration("generation.sounding_states_percent"), metrics=measured).frame.iloc[0]
    assert (record["best"], record["mean"], record["seeds"]) == (80.0, 75.0, 4)
    assert record["quantity_words"] == "Initial states whose generation still sounds (%)"


def test_a_metric_that_could_not_be_measured_is_empty() -> None:
    assert build(observations_declaration("generation.t30_s")).frame["best"].isna().all()


@pytest.mark.parametrize("quantity", ["generation.t60_s", "esr", "generation", "signal", None])
def test_an_unknown_quantity_is_an_error_that_lists_what_there_is(quantity: str | None) -> None:
    with pytest.raises(InputError, match=r"table_1, row 1 \(room\).*prediction_mse.*generation\.t30_s"):
        build(observations_declaration(quantity))


def test_a_losses_row_with_an_unknown_loss_is_an_error_that_lists_the_losses() -> None:
    declaration = losses_declaration()
    declaration["rows"][0]["quantity"] = "esr"
    with pytest.raises(InputError, match=r"row 1 \(room\).*'esr'.*prediction_mse, generation_mse"):
        build(declaration)


def test_losses_of_two_quantities_do_not_share_a_table() -> None:
    declaration = losses_declaration()
    declaration["rows"].append(copy.deepcopy(declaration["rows"][0]) | {"quantity": "generation_mse"})
    with pytest.raises(InputError, match=r"generation_mse, prediction_mse.*observations"):
        build(declaration)


def test_a_published_loss_has_to_be_a_number() -> None:
    declaration = losses_declaration()
    declaration["rows"][0]["published"]["value"] = "1e-3"
    with pytest.raises(InputError, match=r"row 1 \(room\).*1\.0e-3"):
        build(declaration)


@pytest.mark.parametrize(
    ("selections", "metrics", "missing"), [({}, {"room": {}}, "selections"), ({"room": {}}, {}, "metrics")]
)
def test_a_configuration_without_results_is_named_with_its_table_and_row(
    selections: dict[str, Any], metrics: dict[str, Any], missing: str
) -> None:
    results = {"selections": selections, "metrics": metrics}
    with pytest.raises(InputError, match=rf"table table_1, row 1 \(room\).*no {missing}"):
        build_table("table_1", losses_declaration(), results)


def test_a_chosen_seed_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match=r"chosen seed 9 .* 1, 2, 3, 4, 5"):
        build(losses_declaration(), selections=selection(chosen=9))


def test_labels_other_than_the_tables_are_an_error() -> None:
    declaration = losses_declaration()
    del declaration["rows"][0]["labels"]["epochs"]
    with pytest.raises(InputError, match=r"row 1 \(room\).*epochs"):
        build(declaration)


def test_an_unknown_kind_is_an_error_that_lists_the_kinds() -> None:
    with pytest.raises(InputError, match=r"table table_1.*'chart'.*losses, observations, generations"):
        build(losses_declaration() | {"kind": "chart"})


def test_a_table_without_rows_is_an_error() -> None:
    with pytest.raises(InputError, match="no rows"):
        build(losses_declaration() | {"rows": []})
