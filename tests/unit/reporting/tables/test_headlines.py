"""What a run says when it is done, from tables as they are written."""

from pathlib import Path

from rnn_audio.reporting.tables.headlines import headlines

LOSSES = {"kind": "losses", "labels": {"epochs": "Epochs"}}
DEVICES = {"kind": "device_losses", "labels": {"hidden_size": "Hidden size", "pre_emphasis": "Filter"}}


def write(results: Path, name: str, *lines: str) -> None:
    path = results / "tables" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_lowest_and_the_highest_error_are_named(tmp_path: Path) -> None:
    write(tmp_path, "table_1", "epochs,best_percent,configuration", "100,98.04,a", "500,57.7,b", "20,,c", "50,70,d")
    first, line, files = headlines(tmp_path, {"table_1": LOSSES})
    assert "in per cent" in first
    assert line == "  table_1  57.7 b, 98 a"
    assert files == f"Open: {tmp_path}/tables/"


def test_what_needs_no_network_stands_beside_a_devices_errors(tmp_path: Path) -> None:
    rows = ["32,none,0.3,x", "64,none,0.2,y", ",least-squares gain,0.97,", ",silence,1.0,"]
    write(tmp_path, "amplifier", "hidden_size,pre_emphasis,best_test_none,configuration", *rows)
    assert headlines(tmp_path, {"amplifier": DEVICES})[1] == "  amplifier  20 y, 30 x (least-squares gain 97)"


def test_a_sweep_is_summed_up_by_its_first_quantity(tmp_path: Path) -> None:
    sweep = {"kind": "sweep", "labels": {"signal": "Signal"}, "quantities": ["generation_mse", "prediction_mse"]}
    write(tmp_path, "sounds", "signal,best_percent_generation_mse,configuration", "sine,4.5,a")
    assert headlines(tmp_path, {"sounds": sweep})[1] == "  sounds  4.5 a"


def test_tables_without_errors_or_without_a_file_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "times", "hidden_size,seconds,configuration", "32,0.1,a")
    times = {"kind": "running_speed", "labels": {"hidden_size": "Hidden size"}}
    assert headlines(tmp_path, {"times": times, "missing": LOSSES}) == [f"Open: {tmp_path}/tables/"]
    assert headlines(tmp_path / "none", {}) == []


def test_the_page_is_opened_first_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("")
    (tmp_path / "figures").mkdir()
    assert headlines(tmp_path, {"table_1": LOSSES}) == [f"Open: {tmp_path}/report.html, {tmp_path}/figures/"]
