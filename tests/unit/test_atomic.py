import errno
import os
import subprocess
from pathlib import Path
from socket import gethostname

import pytest

from rnn_audio import atomic
from rnn_audio.atomic import check_writable, replacing
from rnn_audio.errors import InputError


def test_success_puts_the_new_file_in_place(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    with replacing(path) as temporary:
        temporary.write_text("content")
        assert not path.exists()
    assert path.read_text() == "content"
    assert list(path.parent.iterdir()) == [path]


def test_success_replaces_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old and longer")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old and longer"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_leaves_no_file_where_there_was_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="amidst"), replacing(tmp_path / "file.txt") as temporary:
        temporary.write_text("half")
        raise ValueError("amidst")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(InputError, match=r"file\.txt: the disk is full; free some space"), replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_that_no_user_can_mend_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="strange"), replacing(tmp_path / "file.txt"):
        raise OSError(errno.EIO, "strange")


def test_what_a_killed_process_left_is_removed_and_what_a_running_one_writes_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    running, elsewhere = os.getppid(), "another-machine-1"
    partial = {
        writer: tmp_path / f".file.txt.{writer}.partial"
        for writer in (f"{gethostname()}-{ended.pid}", f"{gethostname()}-{running}", elsewhere)
    }
    for path in partial.values():
        path.touch()
    with replacing(tmp_path / "file.txt") as temporary:
        temporary.write_text("content")
    removed, *kept = partial.values()
    assert not removed.exists()
    assert all(path.exists() for path in kept)


def test_what_was_never_written_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_text() == "old"


def test_content_is_on_the_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.txt"
    placed_at_sync = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: placed_at_sync.append(path.exists()))
    with replacing(path) as temporary:
        temporary.write_text("content")
    assert placed_at_sync == [False]


def test_the_temporary_file_is_a_hidden_neighbour_with_this_processs_id(tmp_path: Path) -> None:
    with replacing(tmp_path / "file.txt") as temporary:
        temporary.touch()
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        assert str(os.getpid()) in temporary.name


@pytest.mark.parametrize("name", ["taken", "taken/below", "x" * 300])
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match=r"(where a folder is needed|too long); .*run the same command again"):
        check_writable(tmp_path / name)


def test_a_folder_that_can_be_written_to_is_made_and_stays_empty(tmp_path: Path) -> None:
    check_writable(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EROFS, "mounted read-only; make it writable"),
        (errno.EACCES, "no permission to write; correct"),
        (errno.EDQUOT, "your quota .* is used up; free"),
    ],
)
def test_a_folder_that_cannot_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: str
) -> None:
    def refused(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic, "TemporaryFile", refused)
    with pytest.raises(InputError, match=expected) as caught:
        check_writable(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}: ")
