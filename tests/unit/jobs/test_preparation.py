"""Before the first job: the library is found by scripts, and what is wrong is said with its key."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.configurations import Config, shipped_config

import rnn_audio
from rnn_audio.configuration import accelerator as accelerators
from rnn_audio.errors import InputError
from rnn_audio.jobs.preparation import (
    check_accelerator_elsewhere,
    check_submission,
    discard_damaged_caches,
    export_library,
    limit_threads,
    set_up,
)
from rnn_audio.jobs.provenance import digest, library_versions, notes_on_versions
from rnn_audio.records import write_json
from rnn_audio.wav import write_wav

LIBRARY = str(Path(rnn_audio.__file__).parents[1])


def shipped(change: Callable[[Config], object] = lambda config: None) -> Config:
    config = shipped_config()
    config["accelerator"] = "cpu"
    change(config)
    return config


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, [LIBRARY]),
        ("", [LIBRARY]),
        ("/a", [LIBRARY, "/a"]),
        (os.pathsep.join(["/a", LIBRARY, "/b"]), [LIBRARY, "/a", "/b"]),
        (os.pathsep.join([LIBRARY, LIBRARY]), [LIBRARY]),
        (os.pathsep.join(["", "/a", ""]), [LIBRARY, "/a"]),
    ],
)
def test_the_library_comes_first_and_once(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: list[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.delenv("PYTHONPATH") if before is None else monkeypatch.setenv("PYTHONPATH", before)
    for _ in range(2):
        export_library()
        assert os.environ["PYTHONPATH"].split(os.pathsep) == after


def test_another_process_finds_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "rnn_audio.py").write_text("raise ImportError('another module of that name')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    export_library()
    command = [sys.executable, "-c", "import rnn_audio; print(rnn_audio.__file__)"]
    found = subprocess.run(command, cwd=tmp_path.parent, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()).samefile(rnn_audio.__file__)


def test_the_shipped_configuration_is_set_up() -> None:
    config = shipped()
    experiment, accelerator = set_up(config, inspect_recordings=True)
    assert accelerator == "cpu"
    assert experiment.configurations.keys() == experiment.config["configurations"].keys()


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(InputError, match="unknown key 'sedes'; did you mean 'seeds'"):
        set_up(shipped(lambda config: config.update(sedes=[1])), inspect_recordings=False)


def own_device(config: Config) -> None:
    config["devices"]["amplifier"]["source"] = "file"


def own_room(config: Config) -> None:
    config["signals"]["impulse_response"]["source"] = "file"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (own_device, r"amplifier-input\.wav: no such file; correct the path in devices\.amplifier\.file"),
        (own_room, r"room\.wav: no such file; correct the path in signals\.impulse_response\.file"),
    ],
)
def test_a_missing_recording_is_named_unless_another_machine_has_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Config], object], expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=expected):
        set_up(shipped(change), inspect_recordings=True)
    set_up(shipped(change), inspect_recordings=False)


def test_recordings_of_a_device_that_do_not_fit_each_other_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recordings").mkdir()
    sound = np.sin(np.arange(44100.0))
    write_wav("recordings/amplifier-input.wav", sound, 44100)
    write_wav("recordings/amplifier-target.wav", sound[:-1], 44100)
    with pytest.raises(InputError, match=r"amplifier-input\.wav has 44100 samples and .*amplifier-target\.wav 44099"):
        set_up(shipped(own_device), inspect_recordings=True)
    write_wav("recordings/amplifier-target.wav", sound, 44100)
    set_up(shipped(own_device), inspect_recordings=True)


def test_a_device_that_nothing_models_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def add_unused(config: Config) -> None:
        config["devices"]["unused"] = config["devices"]["amplifier"] | {"source": "file"}

    monkeypatch.chdir(tmp_path)
    experiment, _ = set_up(shipped(add_unused), inspect_recordings=True)
    assert experiment.used_devices() == ["amplifier"]


def test_a_gpu_that_is_not_there_is_an_error_and_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerators, "_obstacle_to_cuda", lambda: "there is none")
    with pytest.raises(InputError, match="accelerator: cuda was asked for, but there is none"):
        set_up(shipped(lambda config: config.update(accelerator="cuda")), inspect_recordings=False)
    assert set_up(shipped(lambda config: config.update(accelerator="auto")), inspect_recordings=False)[1] == "cpu"
    monkeypatch.setattr(accelerators, "_obstacle_to_cuda", lambda: None)
    assert set_up(shipped(lambda config: config.update(accelerator="auto")), inspect_recordings=False)[1] == "cuda"


@pytest.mark.parametrize("setting", ["auto", "cuda"])
def test_what_this_machine_has_says_nothing_of_the_nodes_of_a_cluster(setting: str) -> None:
    with pytest.raises(InputError, match=f"accelerator: {setting} looks for a GPU .*cuda_on_node or cpu"):
        check_accelerator_elsewhere(setting)


@pytest.mark.parametrize("setting", ["cpu", "cuda_on_node"])
def test_a_device_that_needs_no_look_is_accepted_for_the_nodes_of_a_cluster(setting: str) -> None:
    check_accelerator_elsewhere(setting)


@pytest.mark.parametrize("warm_up", [22050, 30000])
def test_a_warm_up_that_leaves_nothing_of_a_segment_is_refused(warm_up: int) -> None:
    def change(config: Config) -> None:
        config["presets"]["amplifier"] |= {"segment_samples": 22050, "warm_up_samples": warm_up}

    with pytest.raises(InputError, match="warm_up_samples"):
        set_up(shipped(change), inspect_recordings=True)


def test_jobs_take_one_thread_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    limit_threads()
    assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"]) == ("1", "3")


def test_compiled_code_that_was_cut_is_discarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "rnn_audio/networks/__pycache__"
    cache.mkdir(parents=True)
    for name, content in {"a.nbi": b"", "b.1.nbc": b"\x80\x05half", "c.nbi": b"\x80\x05N.", "d.pyc": b""}.items():
        (cache / name).write_bytes(content)
    monkeypatch.setattr("rnn_audio.jobs.preparation.__file__", str(tmp_path / "rnn_audio/jobs/preparation.py"))
    discard_damaged_caches()
    assert sorted(path.name for path in cache.iterdir()) == ["c.nbi", "d.pyc"]


def test_models_of_other_versions_are_told(tmp_path: Path) -> None:
    now = library_versions()
    runs = {"same": now, "older": now | {"numpy": "1.0"}, "oldest": now | {"numpy": "0.9", "torch": "1.0"}, "none": {}}
    for name, versions in runs.items():
        write_json(tmp_path / f"models/{name}/seed-1/run.json", {"versions": versions})
    (tmp_path / "models/same/seed-1/run.json").with_name("other.json").write_text("{")
    (note,) = notes_on_versions(tmp_path)
    assert note.startswith(f"2 model(s) in {tmp_path}/models were trained with other versions")
    assert "(numpy 0.9, numpy 1.0, torch 1.0; " in note
    assert f"now numpy {now['numpy']}, torch {now['torch']})" in note


def test_models_of_these_versions_are_not_told(tmp_path: Path) -> None:
    write_json(tmp_path / "models/same/seed-1/run.json", {"versions": library_versions()})
    (tmp_path / "models/same/seed-2").mkdir()
    (tmp_path / "models/same/seed-2/run.json").write_text("[]")
    assert notes_on_versions(tmp_path) == []


def test_a_digest_of_a_file_that_was_removed_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.wav: cannot be read \(No such file.*restore it"):
        digest([tmp_path / "gone.wav"])


def test_slurm_needs_sbatch_where_snakemake_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="sbatch, which is not found here; run on the cluster's login node"):
        check_submission("slurm")
    check_submission("cluster-generic")
    (tmp_path / "sbatch").write_text("#!/bin/sh\n")
    (tmp_path / "sbatch").chmod(0o755)
    check_submission("slurm")
