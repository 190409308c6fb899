"""The table of a sweep, from selections and metrics made by hand."""

import csv
import io
import math
import statistics
from typing import Any

import pytest

from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.kinds import build_table
from rnn_audio.reporting.tables.rendering import Table, render_csv, render_html, render_latex, render_markdown

PREDICTIONS = {16: [3e-3, 1e-3, 2e-3], 64: [5e-3, 6e-3, None]}
TIMES_S = [10.0, 20.0, 60.0]


def names() -> dict[int, str]:
    return {length: f"lengths_{length}" for length in PREDICTIONS}


def selection(length: int, chosen: int) -> dict[str, Any]:
    losses = [{"prediction_mse": loss, "auxiliary_mse": 0.5, "other_mse": 0.5} for loss in PREDICTIONS[length]]
    seeds = {
        str(seed): {"losses": own, "wall_time_s": time_s, "accelerator": "cpu"}
        for seed, (own, time_s) in enumerate(zip(losses, TIMES_S, strict=True), start=1)
    }
    shared = {"configuration": names()[length], "zero_loss": {"prediction_mse": 7e-3, "auxiliary_mse": 9e-3}}
    return shared | {"rule": "prediction_mse", "chosen_seed": chosen, "seeds": seeds}


def metrics(length: int) -> dict[str, Any]:
    return {
        "configuration": names()[length],
        "generation": {"effective_length_samples": 2 * length, "relative_error": length / 100},
    }


def build(*quantities: str, **results: Any) -> Table:  # noqa: ANN401 (records)
    rows = [{"configuration": name, "labels": {"update_length_samples": length}} for length, name in names().items()]
    declaration = {
        "kind": "sweep",
        "caption": "Update lengths",
        "labels": {"update_length_samples": "update_length_samples"},
        "quantities": list(quantities),
        "rows": rows,
    }
    given = {
        "selections": {names()[16]: selection(16, 2), names()[64]: selection(64, 1)},
        "metrics": {names()[length]: metrics(length) for length in PREDICTIONS},
        **results,
    }
    return build_table("lengths", declaration, given, ["A note."])


def test_a_row_is_a_value_with_best_mean_spread_and_baseline() -> None:
    first, second = build("prediction_mse").frame.to_dict("records")
    assert (first["update_length_samples"], first["configuration"], first["chosen_seed"]) == (16, "lengths_16", 2)
    assert first["best_prediction_mse"] == 1e-3
    assert first["mean_prediction_mse"] == pytest.approx(2e-3)
    assert first["std_prediction_mse"] == pytest.approx(statistics.stdev([1e-3, 2e-3, 3e-3]))
    assert first["zero_baseline_prediction_mse"] == 7e-3
    assert (first["wall_time_s"], first["mean_wall_time_s"], first["seeds"]) == (20, 30, 3)
    assert second["best_prediction_mse"] == 5e-3


def test_a_seed_whose_loss_could_not_be_measured_does_not_count() -> None:
    second = build("prediction_mse").frame.to_dict("records")[1]
    assert second["mean_prediction_mse"] == pytest.approx(5.5e-3)
    assert second["std_prediction_mse"] == pytest.approx(statistics.stdev([5e-3, 6e-3]))


def test_columns_are_the_label_then_each_quantity_then_times() -> None:
    table = build("prediction_mse", "generation.effective_length_samples")
    assert [column.header for column in table.columns] == [
        "update_length_samples",
        "Prediction MSE\nBest of 3 (of the power)",
        "Prediction MSE\nMean ± std",
        "Prediction MSE\nover the first row",
        "Prediction MSE\nZero output",
        "Effective length of the generation (samples)",
        "Best of 3\ntime",
        "Mean\ntime",
    ]
    assert table.columns[0].format is Format.INTEGER


def test_a_metric_is_the_chosen_models() -> None:
    frame = build("generation.effective_length_samples").frame
    assert frame["best_generation.effective_length_samples"].tolist() == [32, 128]


def test_a_loss_without_a_measured_baseline_has_no_column_of_it() -> None:
    table = build("other_mse")
    assert [column.key for column in table.columns[1:3]] == ["best_other_mse", "mean_other_mse"]
    assert not any("zero" in column.key for column in table.columns)
    assert not any("Zero output" in note for note in table.notes)
    assert all(math.isnan(value) for value in table.frame["zero_baseline_other_mse"])


def test_predicting_zero_is_measured_on_the_segments_where_segments_are_reconstructed() -> None:
    assert build("auxiliary_mse").frame["zero_baseline_auxiliary_mse"].tolist() == [9e-3, 9e-3]


def test_notes_say_what_best_means_and_end_with_the_given_ones() -> None:
    notes = build("prediction_mse").notes
    assert any("lowest prediction MSE" in note for note in notes)
    assert any("Zero output" in note for note in notes)
    assert any("on cpu" in note for note in notes)
    assert notes[-1] == "A note."


def test_every_form_shows_every_value() -> None:
    table = build("prediction_mse")
    rows = list(csv.DictReader(io.StringIO(render_csv(table))))
    assert [row["update_length_samples"] for row in rows] == ["16", "64"]
    assert float(rows[0]["best_prediction_mse"]) == 1e-3
    text = render_markdown(table)
    assert "| 16 | 1.00×10⁻³ (14.3 %) | (2.00 ± 1.00)×10⁻³ | – | 7.00×10⁻³ | 20.0 s | 30.0 s |" in text
    for text in (render_html(table), render_latex(table)):
        assert "Update lengths" in text
        assert "A note." in text


def test_losses_of_a_device_are_shown_in_per_cent() -> None:
    seeds = {"1": {"losses": {"test_loss": 0.0156}, "wall_time_s": 1.0, "accelerator": "cpu"}}
    chosen = {"rule": "test_loss", "chosen_seed": 1, "seeds": seeds, "zero_loss": {"test_loss": 1.0}}
    table = build("test_loss", selections=dict.fromkeys(names().values(), chosen))
    assert table.frame["best_test_loss"].tolist() == [0.0156, 0.0156]
    assert table.columns[1].header == "Test loss (%)\nSeed 1"
    assert "| 16 | 1.56 | 100 | 1.00 s |" in render_markdown(table)


def test_losses_are_compared_with_those_of_the_first_value_seed_by_seed() -> None:
    table = build("prediction_mse")
    second = table.frame.to_dict("records")[1]
    # Seed 3 has no loss at 64; the others have 5 over 3 and 6 over 1.
    assert second["lowest_ratio_prediction_mse"] == pytest.approx(5 / 3)
    assert second["highest_ratio_prediction_mse"] == pytest.approx(6)
    assert "[1.67, 6.00]" in render_markdown(table)


def test_three_values_of_a_number_have_a_trend() -> None:
    rows = [{"configuration": f"size_{size}", "labels": {"hidden_size": size}} for size in (64, 8, 16)]
    losses = {8: [9e-3, 8e-3, 9e-3], 16: [5e-3, 6e-3, 4e-3], 64: [1e-3, 2e-3, 3e-3]}
    selections = {
        f"size_{size}": {
            "rule": "prediction_mse",
            "chosen_seed": 1,
            "zero_loss": {"prediction_mse": 1e-2},
            "seeds": {
                str(seed): {"losses": {"prediction_mse": loss}, "wall_time_s": 1.0, "accelerator": "cpu"}
                for seed, loss in enumerate(own, start=1)
            },
        }
        for size, own in losses.items()
    }
    declaration = {"kind": "sweep", "caption": "Sizes", "labels": {"hidden_size": "Hidden size"}}
    declaration |= {"quantities": ["prediction_mse"], "rows": rows}
    results = {"selections": selections, "metrics": {name: {} for name in selections}}
    (note,) = [note for note in build_table("sizes", declaration, results).notes if "Page" in note]
    # In each of three seeds the loss falls: one order of six, to the power of three.
    assert "rises with p = 1, falls with p = 0.0046" in note
    assert not any("Page" in note for note in build("prediction_mse").notes)


@pytest.mark.parametrize("quantity", ["esr", "generation.t60_s", "generation"])
def test_an_unknown_quantity_is_an_error_that_lists_what_there_is(quantity: str) -> None:
    with pytest.raises(InputError, match=r"table lengths, row 1 \(lengths_16\).*prediction_mse.*effective_length"):
        build(quantity)


def test_an_error_over_power_is_shown_in_per_cent_as_losses_are() -> None:
    table = build("generation.relative_error")
    assert table.frame["best_generation.relative_error"].tolist() == [0.16, 0.64]
    text = render_markdown(table)
    assert "MSE of the generation (% of the power)" in text
    assert "| 16.0 |" in text.replace("  ", " ")
