"""Results of listeners, in the files of three sources."""

from pathlib import Path

import pytest
from support.listening import NAME, TEST, simulated, write_csv

from rnn_audio.errors import InputError
from rnn_audio.listening.results import read_results, results_files

HEADER = "session_test_id,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,rating_comment"
GOOD = f"{NAME},me,clip_1_size_32,none,50,10,"


@pytest.mark.parametrize("pymushra", [False, True])
def test_both_dialects_say_the_same(tmp_path: Path, pymushra: bool) -> None:
    listeners = simulated(3)
    write_csv(tmp_path / "deep/down/mushra.csv", listeners, pymushra=pymushra)
    assert read_results(results_files(tmp_path), NAME, TEST) == listeners


def test_files_add_up_and_a_file_twice_counts_once(tmp_path: Path) -> None:
    listeners = simulated(4)
    write_csv(tmp_path / "a.csv", dict(list(listeners.items())[:2]))
    write_csv(tmp_path / "b.csv", dict(list(listeners.items())[2:]), pymushra=True)
    write_csv(tmp_path / "a (1).csv", dict(list(listeners.items())[:2]))
    assert read_results(results_files(tmp_path), NAME, TEST) == listeners


def test_what_a_spreadsheet_and_windows_add_does_no_harm(tmp_path: Path) -> None:
    row = f"{NAME}-0a,me,clip_1_size_32,none,50.0,10,"
    (tmp_path / "a.csv").write_bytes(f"\ufeff{HEADER}\r\n{row}\r\n\r\n".encode())
    assert read_results(results_files(tmp_path), NAME, TEST)["me"].scores == {"clip_1_size_32": {"none": 50}}


def test_the_training_is_left_out_and_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{NAME},me,training,none,50,10,\n")
    (tmp_path / "a.json").write_text("{}")
    assert read_results(results_files(tmp_path), NAME, TEST) == {}
    assert results_files(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"{NAME},me,clip_1_size_32,none,50,10", "line 3 has not as many fields as the first line"),
        (f"{NAME},me,clip_1_size_32,none,101,10,", "line 3 has the score '101', not a whole number from 0 to 100"),
        (f"{NAME},me,clip_1_size_32,none,-1,10,", "line 3 has the score '-1'"),
        (f"{NAME},me,clip_1_size_32,none,50.5,10,", "line 3 has the score '50.5'"),
        (f"{NAME},me,clip_1_size_32,none,nan,10,", "line 3 has the score 'nan'"),
        (f"{NAME},me,clip_1_size_32,none,,10,", "line 3 has the score ''"),
        (
            f"{NAME},me,clip_5_size_32,none,50,10,",
            f"line 3 has the trial 'clip_5_size_32', which the test '{NAME}' has not",
        ),
        (f"{NAME},me,clip_1_size_32,nothing,50,10,", "line 3 has the signal 'nothing'"),
        ("other_test,me,clip_1_size_32,none,50,10,", f"line 3 is of the test 'other_test', not of '{NAME}'"),
        (f"{NAME},,clip_1_size_32,none,50,10,", "line 3 has no listener"),
        (f"{NAME},me,clip_1_size_32,none,51,10,", "line 3 gives clip_1_size_32, none the score 51 after 50"),
    ],
)
def test_a_malformed_row_is_named_by_file_and_line(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "mushra.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n{row}\n")
    with pytest.raises(InputError) as error:
        read_results([path], NAME, TEST)
    assert str(error.value).startswith(f"{path}: {said}")
    assert str(error.value).endswith("correct or remove what is wrong")


def test_many_malformed_rows_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "mushra.csv"
    path.write_text("\n".join([HEADER, *[f"{NAME},me,clip_1_size_32,none,{score},1," for score in range(200, 210)]]))
    with pytest.raises(InputError, match=r"line 2 .*; line 3 .*; line 4 .* \(and 7 more\)"):
        read_results([path], NAME, TEST)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", HEADER.replace("trial_id", "trial").encode()])
def test_a_file_that_is_no_result_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "shopping.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"shopping\.csv: (has no column|not readable as UTF-8)"):
        read_results([path], NAME, TEST)
