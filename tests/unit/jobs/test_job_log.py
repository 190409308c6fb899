import logging
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rnn_audio.errors import InputError
from rnn_audio.jobs.job_log import logged_job


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A job takes over the root logger and the warnings, which belong to the tests here."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    logging.captureWarnings(False)
    for handler in root.handlers:
        with suppress(OSError):  # as at the end of a process
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def fail(log: Path, error: BaseException) -> int | str | None:
    """The exit status of a job that raises."""
    with pytest.raises(SystemExit) as caught, logged_job(log):
        raise error
    return caught.value.code


def test_a_users_mistake_is_one_line_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "job.log"
    assert fail(log, InputError("room.wav: no such file; correct the path")) == 1
    (line,) = log.read_text().splitlines()
    assert line.endswith("ERROR room.wav: no such file; correct the path")
    assert capsys.readouterr().err.splitlines() == [line]


def test_a_subclass_of_a_users_mistake_is_one_line_as_well(tmp_path: Path) -> None:
    class OtherError(InputError):
        pass

    assert fail(tmp_path / "job.log", OtherError("too short")) == 1
    assert len((tmp_path / "job.log").read_text().splitlines()) == 1


def test_a_percent_sign_in_a_message_stays_one(tmp_path: Path) -> None:
    fail(tmp_path / "job.log", InputError("100 %s of it"))
    assert "100 %s of it" in (tmp_path / "job.log").read_text()


@pytest.mark.parametrize("error", [ValueError("broken here"), ZeroDivisionError("broken here"), OSError("broken here")])
def test_any_other_error_leaves_its_traceback_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    log = tmp_path / "job.log"
    assert fail(log, error) == 1
    text = log.read_text()
    assert "Traceback (most recent call last)" in text
    assert Path(__file__).name in text
    assert f"{type(error).__name__}: broken here" in text
    assert "bug" in text
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), logged_job(tmp_path / "job.log"):
        raise KeyboardInterrupt


def test_a_job_that_succeeds_exits_quietly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logged_job(tmp_path / "job.log"):
        pass
    assert (tmp_path / "job.log").read_text() == ""
    output = capsys.readouterr()
    assert output.out == output.err == ""


def test_messages_and_warnings_go_to_the_log_and_to_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "job.log"
    with warnings.catch_warnings(), logged_job(str(log)):
        warnings.simplefilter("always")
        logging.getLogger("rnn_audio.anything").info("epoch %d", 3)
        logging.getLogger("rnn_audio.anything").debug("a detail")
        warnings.warn("deprecated", stacklevel=1)
    text = log.read_text()
    assert "INFO epoch 3" in text
    assert "deprecated" in text
    assert "a detail" not in text
    assert capsys.readouterr().err == text


def test_a_log_of_an_earlier_attempt_is_replaced(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    fail(log, InputError("first attempt"))
    fail(log, InputError("second attempt"))
    assert "first attempt" not in log.read_text()
    assert "second attempt" in log.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_log_on_a_full_disk_loses_nothing_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(Path("/dev/full"), InputError("room.wav: no such file")) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("ERROR room.wav: no such file")


def test_log_that_cannot_be_opened_is_named_and_the_job_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged_job(tmp_path / "absent" / "job.log"):
        logging.getLogger("rnn_audio").info("epoch 1")
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("absent/job.log: no log of this job (No such file or directory)")
    assert second.endswith("epoch 1")
