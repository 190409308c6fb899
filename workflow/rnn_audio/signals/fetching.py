"""Downloads that are verified before they are kept, and resumed where the server can."""

import hashlib
import http.client
import os
import ssl
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from rnn_audio.atomic import storage_faults_told
from rnn_audio.errors import InputError

_CHUNK = 1 << 20
_PARTIAL = 206
_BEYOND_THE_END = 416
_PASSING = (408, 429)  # request timeout, too many requests; the server's own errors (5xx) are temporary too


@dataclass(frozen=True)
class Limits:
    """Limits of one download.

    Attributes:
        wait_s: longest wait for the server to answer, or to send more, in seconds.
        total_s: longest time of the whole download, in seconds.
        most_bytes: largest size.
    """

    wait_s: float = 60.0
    total_s: float = 3600.0
    most_bytes: int = 2 * 10**9


def fetch(
    address: str,
    destination: Path | str,
    *,
    sha256: str | None = None,
    git_blob: str | None = None,
    limits: Limits | None = None,
) -> Path:
    """Download `address` to `destination` and return it; an existing file with the right digest is not fetched again.

    Exactly one digest is given, in hex: `sha256` of the bytes, or `git_blob`, git's id of the content (SHA-1 of
    `blob`, a space, the number of bytes, a zero byte and the bytes). The file appears under its name only if the
    digest matches. A transfer that breaks off leaves a hidden `.part` file, from which the next call goes on if the
    server can send the rest; nothing else is left.

    Raises InputError if the server does not answer or refuses, the transfer is cut short or exceeds the limits, the
    server redirects to another scheme, or the digest differs; ValueError unless exactly one digest is given.
    """
    destination, limits = Path(destination), limits or Limits()
    if (sha256 is None) == (git_blob is None):
        raise ValueError("give either sha256 or git_blob")
    if destination.is_file() and _mismatch(destination, sha256, git_blob) is None:
        return destination

    part = destination.with_name(f".{destination.name}.part")
    with storage_faults_told(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        _download(address, part, limits)
        mismatch = _mismatch(part, sha256, git_blob)
        if mismatch:
            part.unlink()
            raise InputError(
                f"{address}: {mismatch}; the file has changed or the digest is wrong: "
                "make sure which, then correct the digest or the address"
            )
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(destination)
    return destination


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob_of(path: Path) -> str:
    """Git's id of a file's content, in hex."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _mismatch(path: Path, sha256: str | None, git_blob: str | None) -> str | None:
    """What is wrong with the file's digest, None if it matches."""
    kind, wanted, found = (
        ("sha256", sha256, sha256_of(path)) if git_blob is None else ("git_blob", git_blob, git_blob_of(path))
    )
    return None if found == wanted.lower() else f"its {kind} is {found}, not {wanted}"


def _download(address: str, part: Path, limits: Limits) -> None:
    done = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={done}-"} if done else {})
    deadline = time.monotonic() + limits.total_s
    try:
        with _opener().open(request, timeout=limits.wait_s) as response:
            if response.status != _PARTIAL:
                done = 0
            elif not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
                part.unlink(missing_ok=True)
                raise InputError(f"{address}: the server sends another part than was asked for; try again")
            _receive(address, response, part, done, limits, deadline)
    except HTTPError as error:
        if error.code == _BEYOND_THE_END and done:
            return  # all of it is there, or it is not what the digest says
        remedy = "try again later" if error.code in _PASSING or error.code >= 500 else "correct the address"
        raise InputError(f"{address}: the server answers {error.code} {error.reason}; {remedy}") from error
    except URLError as error:
        raise InputError(f"{address}: cannot be reached ({error.reason}); check the address and the network") from error
    except (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
        raise InputError(f"{address}: the transfer broke off ({error or type(error).__name__}); try again") from error


def _receive(
    address: str, response: http.client.HTTPResponse, part: Path, done: int, limits: Limits, deadline: float
) -> None:
    """Append what the server sends to the part that is there; a server that sends all of it replaces the part."""
    length = response.headers.get("Content-Length") or ""
    announced = done + int(length) if length.isdecimal() else None
    if announced is not None and announced > limits.most_bytes:
        raise _too_large(address, part, limits)
    with part.open("ab" if done else "wb") as file:
        while chunk := response.read1(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            if done > limits.most_bytes:
                raise _too_large(address, part, limits)
            if time.monotonic() > deadline:
                raise InputError(
                    f"{address}: the transfer took more than {limits.total_s:g} s ({done} bytes); try again, which "
                    "goes on from there"
                )
    # When the file is read in chunks, `http.client` takes a connection that closes early for the end of the file.
    if announced is not None and done != announced:
        raise InputError(f"{address}: the transfer broke off after {done} of {announced} bytes; try again")


def _too_large(address: str, part: Path, limits: Limits) -> InputError:
    part.unlink(missing_ok=True)
    return InputError(
        f"{address}: is larger than {limits.most_bytes} bytes; correct the address, or download it yourself and use "
        "source: file"
    )


class _SameScheme(urllib.request.HTTPRedirectHandler):
    """Follows redirects that keep the scheme, or go from http to https."""

    def redirect_request(self, req: urllib.request.Request, *others: Any) -> urllib.request.Request | None:  # noqa: ANN401
        address = others[-1]
        scheme = urlsplit(address).scheme
        if scheme not in (req.type, "https"):
            raise InputError(f"{req.full_url}: redirects to {scheme}: {address}; correct the address")
        return super().redirect_request(req, *others)


def _opener() -> urllib.request.OpenerDirector:
    """Opens http and https alone, through the proxies of the environment."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _SameScheme(),
    ):
        opener.add_handler(handler)
    return opener
