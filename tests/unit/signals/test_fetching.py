import hashlib
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event

import pytest
from support.web_server import serving

from rnn_audio.errors import InputError
from rnn_audio.signals.fetching import Limits, fetch, git_blob_of

SHORT = Limits(wait_s=5)
CONTENT = b"some sound" * 1000
ERRORS = {"/missing": 404, "/often": 429, "/broken": 500}
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.requests.append(self.path if asked is None else f"{self.path} {asked}")
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        if self.path == "/drips":
            self.send_response(200)
            self.end_headers()
            for _ in range(50):
                self.wfile.write(b"x")
                self.wfile.flush()
                self.server.release.wait(0.05)
            return
        if self.path.startswith("/resumes") and asked is not None:
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(CONTENT):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Length", str(len(CONTENT) - first))
            self.send_header("Content-Range", f"bytes {first if self.path == '/resumes' else 0}-9999/10000")
            self.end_headers()
            self.wfile.write(CONTENT[first:])
            return
        if self.path in ERRORS:
            self.send_error(ERRORS[self.path])
            return
        self.send_response(200)
        self.send_header("Content-Length", "many" if self.path == "/confused" else str(len(CONTENT)))
        self.end_headers()
        if self.path == "/stalls":
            self.server.release.wait(5)
            return
        self.wfile.write(CONTENT[:3000] if self.path in ("/truncated", "/interrupted") else CONTENT)
        if self.path == "/interrupted":
            # Closing with a zero linger time sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.wfile.flush()
            self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with serving(Handler) as server:
        server.requests, server.release = [], Event()
        server.address = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.release.set()


def test_verified_download_is_kept_and_not_repeated(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    destination = tmp_path / "new" / "sound.wav"
    for _ in range(2):
        assert fetch(f"{server.address}/ok", destination, sha256=SHA256.upper(), limits=SHORT) == destination
        assert destination.read_bytes() == CONTENT
    assert server.requests == ["/ok"]


def test_git_blob_id_verifies_too(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    git_blob = hashlib.sha1(b"blob 10000\0" + CONTENT).hexdigest()
    fetch(f"{server.address}/ok", tmp_path / "a", git_blob=git_blob, limits=SHORT)
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_blob_id_is_the_one_that_git_computes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(CONTENT)
    by_git = subprocess.run(["git", "hash-object", path], check=True, capture_output=True, text=True).stdout.strip()
    assert git_blob_of(path) == by_git


def test_outdated_file_is_replaced(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    fetch(f"{server.address}/ok", tmp_path / "a", sha256=SHA256, limits=SHORT)
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "digest", "expected"),
    [
        ("/ok", {"sha256": "0" * 64}, rf"its sha256 is {SHA256}, not 0+; .*correct the digest"),
        ("/ok", {"git_blob": "0" * 40}, r"its git_blob is .* correct the digest"),
        ("/truncated", {"sha256": SHA256}, r"broke off after 3000 of 10000 bytes; try again"),
        ("/interrupted", {"sha256": SHA256}, r"broke off .*try again"),
        ("/stalls", {"sha256": SHA256}, r"broke off .*timed out.*try again"),
        ("/missing", {"sha256": SHA256}, r"404 Not Found; correct the address"),
        ("/often", {"sha256": SHA256}, r"429 Too Many Requests; try again later"),
        ("/broken", {"sha256": SHA256}, r"500 Internal Server Error; try again later"),
    ],
)
def test_failure_is_named_and_leaves_nothing_behind(
    server: ThreadingHTTPServer, tmp_path: Path, path: str, digest: dict[str, str], expected: str
) -> None:
    with pytest.raises(InputError, match=expected) as caught:
        fetch(server.address + path, tmp_path / "a", **digest, limits=Limits(wait_s=0.3))
    assert server.address + path in str(caught.value)
    left = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    # What has arrived of a broken transfer stays, for the next one to go on from.
    assert left in ({}, {".a.part": CONTENT[:3000]}, {".a.part": b""})
    assert path in ("/truncated", "/interrupted", "/stalls") or not left


@pytest.mark.parametrize("there", [b"", CONTENT[:1], CONTENT[:3000], CONTENT])
@pytest.mark.parametrize("path", ["/resumes", "/ok"])
def test_a_transfer_that_broke_off_goes_on_if_the_server_can(
    server: ThreadingHTTPServer, tmp_path: Path, path: str, there: bytes
) -> None:
    (tmp_path / ".a.part").write_bytes(there)
    fetch(server.address + path, tmp_path / "a", sha256=SHA256, limits=SHORT)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [file.name for file in tmp_path.iterdir()] == ["a"]
    assert server.requests == [f"{path} bytes={len(there)}-" if there else path]


def test_a_part_of_another_file_is_not_gone_on_with_twice(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    for path, said in (("/resumes", "its sha256 is"), ("/resumes-wrongly", "another part than was asked for")):
        (tmp_path / ".a.part").write_bytes(b"other")
        with pytest.raises(InputError, match=said):
            fetch(server.address + path, tmp_path / "a", sha256=SHA256, limits=SHORT)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("most", [9999, 5])
@pytest.mark.parametrize("path", ["/ok", "/confused"])
def test_a_download_beyond_the_limit_is_refused(
    server: ThreadingHTTPServer, tmp_path: Path, path: str, most: int
) -> None:
    with pytest.raises(InputError, match=f"is larger than {most} bytes; correct the address"):
        fetch(server.address + path, tmp_path / "a", sha256=SHA256, limits=Limits(most_bytes=most))
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_drips_is_left_after_the_whole_time(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"took more than 0\.3 s .* goes on from there"):
        fetch(f"{server.address}/drips", tmp_path / "a", sha256=SHA256, limits=Limits(wait_s=5, total_s=0.3))


@pytest.mark.parametrize("scheme", ["ftp://127.0.0.1/a", "file:///etc/hostname", "data:,x"])
def test_a_redirect_to_another_scheme_is_refused(server: ThreadingHTTPServer, tmp_path: Path, scheme: str) -> None:
    with pytest.raises(InputError, match=r"[Rr]edirect.*(ftp|file|data):.*correct the address"):
        fetch(f"{server.address}/to/{scheme}", tmp_path / "a", sha256=SHA256, limits=SHORT)


def test_a_redirect_that_keeps_the_scheme_is_followed(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    fetch(f"{server.address}/to/{server.address}/ok", tmp_path / "a", sha256=SHA256, limits=SHORT)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_length_that_is_no_number_is_ignored(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    fetch(f"{server.address}/confused", tmp_path / "a", sha256=SHA256, limits=SHORT)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_failure_keeps_what_was_there(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(InputError):
        fetch(f"{server.address}/truncated", tmp_path / "a", sha256=SHA256, limits=SHORT)
    assert (tmp_path / "a").read_bytes() == b"old"


def test_unreachable_server_is_named(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=r"cannot be reached .*check the address and the network"):
        fetch(f"http://127.0.0.1:{port}/a", tmp_path / "a", sha256=SHA256, limits=SHORT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("digests", [{}, {"sha256": SHA256, "git_blob": "0" * 40}])
def test_exactly_one_digest_is_needed(tmp_path: Path, digests: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either sha256 or git_blob"):
        fetch("http://localhost", tmp_path / "a", **digests, limits=SHORT)
