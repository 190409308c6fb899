"""What goes wrong beside a kill (test_kill_and_resume.py) and a single write on a full disk (test_full_disk.py).

After each fault, the same command ends with what an undisturbed run makes, once the message has been followed.
"""

import hashlib
import os
import re
import shutil
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from support.faults import full, half_written, read_only, small_disk
from support.loaded_snakemake import Command
from support.long_training import long_config, save_often
from support.results import compared
from support.web_server import serving
from support.workspace import Run, Workspace

from rnn_audio.wav import write_wav

DISK_KIB = 4096


def command(workspace: Workspace, *targets: str) -> Run:
    return workspace.snakemake("--cores", "2", *targets)


def start(workspace: Workspace, *targets: str) -> Command:
    return workspace.start("--cores", "2", *targets)


def told(run: Run) -> list[str]:
    """The messages of a run that failed, each once, and nothing that looks like a bug."""
    assert run.status != 0
    assert "Traceback" not in run.output
    assert "bug" not in run.output
    return sorted(set(re.findall(r"ERROR (.*)", run.output)))


def remove_figure(workspace: Workspace) -> None:
    for suffix in ("svg", "png"):
        (workspace.results / f"figures/curves.{suffix}").unlink()
    (workspace.results / "report.html").unlink()  # it shows the figure


def test_full_disk_is_told_and_space_is_all_that_is_needed(done: Workspace) -> None:
    undisturbed = compared(done.results)
    remove_figure(done)
    with small_disk(done.results, DISK_KIB):
        kept = compared(done.results)
        with full(done.results):
            run = command(done)
        assert told(run) == [
            "results/figures/curves.svg: the disk is full; free some space and run the same command again"
        ]
        assert half_written(done.results) == []
        assert compared(done.results) == kept
        done.make()
        assert compared(done.results) == undisturbed


def test_read_only_results_are_told_before_anything_runs_and_stay(done: Workspace) -> None:
    undisturbed = compared(done.results)
    remove_figure(done)
    kept = compared(done.results)
    with read_only(done.results):
        run = command(done)
    assert run.status != 0
    assert "Traceback" not in run.output
    assert run.output.count("results: the disk is mounted read-only; make it writable and run the same command") == 1
    assert compared(done.results) == kept
    done.make()
    assert compared(done.results) == undisturbed


def test_checkpoints_that_are_no_good_are_set_aside_and_training_starts_over(tmp_path: Path) -> None:
    seeds = [1, 2, 3]
    workspace = Workspace.create(tmp_path / "spoilt", long_config(seeds))
    save_often(workspace)
    content: dict[Path, bytes] = {}
    training = start(workspace, "models")
    while training.poll() is None:
        content |= _checkpoints(workspace)
        time.sleep(0.01)
    assert training.wait() == 0, training.said()
    undisturbed = compared(workspace.results)
    corrupt, truncated, other = (
        next(path for path in content if path.name.startswith(f"seed-{seed}.")) for seed in seeds
    )

    shutil.rmtree(workspace.results / "models")
    corrupt.write_bytes(bytes(len(content[corrupt])))
    truncated.write_bytes(content[truncated][: len(content[truncated]) // 2])
    other.write_bytes(content[corrupt])
    workspace.make("models")
    reasons = ("cannot be read", "cannot be read", "belongs to another configuration")
    for path, seed, reason in zip((corrupt, truncated, other), seeds, reasons, strict=True):
        log = (workspace.results / f"logs/train/steady/seed-{seed}.log").read_text(encoding="utf-8")
        assert re.search(rf"WARNING checkpoint {path.name} {reason}.*training starts over", log)
        assert "resumed" not in log
    assert compared(workspace.results) == undisturbed
    assert list((workspace.results / "checkpoints/steady").iterdir()) == []


def _checkpoints(workspace: Workspace) -> dict[Path, bytes]:
    """The checkpoints that are there now, which a training replaces and removes."""
    found = {}
    for path in workspace.results.glob("checkpoints/steady/*.safetensors"):
        with suppress(FileNotFoundError):
            found[path] = path.read_bytes()
    return found


def test_spoilt_results_are_named_and_deleting_them_is_the_cure(done: Workspace) -> None:
    undisturbed = compared(done.results)
    spoilt = {
        done.results / "models/steady/seed-1/model.safetensors": 200,
        done.results / "models/steady/seed-2/model.safetensors": 200,
        done.results / "models/chopped/seed-1/history.csv": 50,
        done.results / "signals/sine/source.wav": 30,
    }
    for path, size in spoilt.items():
        time_ns = path.stat().st_mtime_ns
        path.write_bytes(path.read_bytes()[:size])
        if path.suffix == ".wav":
            # Otherwise everything runs again: what is made of a signal is older than it.
            os.utime(path, ns=(time_ns, time_ns))
    targets = ("all", "results/signals/sine/2000.wav")
    run = command(done, *targets)
    named = {done.folder / message.partition(": ")[0] for message in told(run)}
    assert len(named) == 3
    assert named <= set(spoilt), "of the models, the one that was chosen is read"
    assert run.output.count("; delete it and run the workflow again") >= 3
    assert half_written(done.results) == []

    for path in spoilt:
        path.unlink()
    done.make(*targets)
    result = compared(done.results)
    del result["signals/sine/2000.wav"]
    assert result == undisturbed


def test_second_run_is_refused_and_a_stale_lock_is_taken_away_by_unlock(fresh: Workspace) -> None:
    source, resampled = "results/signals/sine/source.wav", "results/signals/sine/8000.wav"
    refusal = "Directory cannot be locked"

    first = start(fresh, source)
    _stop_while_it_holds_the_lock(fresh, first)
    second = command(fresh, resampled)
    assert second.status != 0
    assert refusal in second.output
    assert "Traceback" not in second.output
    assert not fresh.results.exists() or compared(fresh.results) == {}
    os.killpg(first.pid, signal.SIGCONT)
    assert first.wait() == 0, first.said()
    assert (fresh.folder / source).exists()

    killed = start(fresh, resampled)
    _stop_while_it_holds_the_lock(fresh, killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    refused = command(fresh, resampled)
    assert refused.status != 0
    assert refusal in refused.output
    assert "--unlock" in refused.output
    assert fresh.snakemake("--unlock").status == 0
    fresh.make(resampled)
    assert (fresh.folder / resampled).exists()


def _stop_while_it_holds_the_lock(workspace: Workspace, process: Command) -> None:
    # Snakemake writes the lock of its inputs first; only that of its outputs keeps a second run away.
    locks = workspace.folder / ".snakemake/locks"
    while process.poll() is None and not any(path.stat().st_size for path in locks.glob("*.output.lock")):
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGSTOP)


class Handler(BaseHTTPRequestHandler):
    """Answers each address as its name says, or, once it is mended, with the sound."""

    def do_GET(self) -> None:
        fault = None if self.server.mended else self.path.strip("/")
        if fault == "busy":
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.sound)))
        self.end_headers()
        if fault == "other":
            self.wfile.write(self.server.sound[::-1])
            return
        self.wfile.write(self.server.sound[: None if fault is None else 300])
        if fault == "broken":
            # Closing with a zero linger time sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.wfile.flush()
            self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    path = tmp_path / "sound.wav"
    write_wav(path, np.random.default_rng(1).uniform(-0.5, 0.5, 4096), 8000)
    with serving(Handler) as server:
        server.sound, server.mended = path.read_bytes(), False
        yield server


def test_downloads_that_fail_name_their_address_and_work_once_the_server_does(
    fresh: Workspace, server: ThreadingHTTPServer
) -> None:
    faults = {
        "broken": "the transfer broke off",
        "short": "the transfer broke off after 300 of",
        "busy": "the server answers 503 Service Unavailable; try again later",
        "other": "its sha256 is ",
    }
    base = f"http://127.0.0.1:{server.server_port}"
    url = {"sha256": hashlib.sha256(server.sound).hexdigest()}
    config = fresh.read_config()
    sine = {key: value for key, value in config["signals"]["sine"].items() if key != "synthetic"}
    for fault in faults:
        config["signals"][fault] = sine | {"source": "url", "url": url | {"address": f"{base}/{fault}"}}
    fresh.write_config(config)

    targets = [f"results/signals/{fault}/source.wav" for fault in faults]
    messages = told(command(fresh, *targets))
    assert len(messages) == len(faults)
    for fault, said in faults.items():
        assert any(message.startswith(f"{base}/{fault}: {said}") for message in messages), messages
    assert all(name.endswith(".part") for name in compared(fresh.results) if name.startswith("signals"))
    server.mended = True
    fresh.make(*targets)
    assert len({(fresh.folder / target).read_bytes() for target in targets}) == 1
    assert not list(fresh.results.rglob("*.part"))
