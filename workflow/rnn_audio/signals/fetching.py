"""Downloads that are verified before they are kept."""

import hashlib
import http.client
import shutil
import ssl
import urllib.request
from pathlib import Path
from urllib.error import HTTPError, URLError

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError

_CHUNK = 1 << 20
_PASSING = (408, 429)  # request timeout, too many requests; the server's own errors (5xx) are temporary too


def fetch(
    address: str,
    destination: Path | str,
    *,
    sha256: str | None = None,
    git_blob: str | None = None,
    timeout_s: float,
) -> Path:
    """Download `address` to `destination` and return it; an existing file with the right digest is not fetched again.

    Exactly one digest is given, in hex: `sha256` of the bytes, or `git_blob`, git's id of the content (SHA-1 of
    `blob`, a space, the number of bytes, a zero byte and the bytes). The file appears under its name only if the
    digest matches; otherwise an existing file stays and no other is left. `timeout_s` limits each wait for the server,
    not the whole download.

    Raises InputError if the server does not answer or refuses, the transfer is cut short, or the digest differs;
    ValueError unless exactly one digest is given.
    """
    destination = Path(destination)
    if (sha256 is None) == (git_blob is None):
        raise ValueError("give either sha256 or git_blob")
    if destination.is_file() and _mismatch(destination, sha256, git_blob) is None:
        return destination

    with replacing(destination) as temporary:
        _download(address, temporary, timeout_s)
        if mismatch := _mismatch(temporary, sha256, git_blob):
            raise InputError(
                f"{address}: {mismatch}; the file has changed or the digest is wrong: "
                "make sure which, then correct the digest or the address"
            )
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


def _download(address: str, path: Path, timeout_s: float) -> None:
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as response:
            announced = response.headers.get("Content-Length")
            with path.open("wb") as file:
                shutil.copyfileobj(response, file, _CHUNK)
    except HTTPError as error:
        remedy = "try again later" if error.code in _PASSING or error.code >= 500 else "correct the address"
        raise InputError(f"{address}: the server answers {error.code} {error.reason}; {remedy}") from error
    except URLError as error:
        raise InputError(f"{address}: cannot be reached ({error.reason}); check the address and the network") from error
    except (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
        raise InputError(f"{address}: the transfer broke off ({error or type(error).__name__}); try again") from error
    # When the file is read in chunks, `http.client` takes a connection that closes early for the end of the file.
    if (announced or "").isdecimal() and path.stat().st_size != int(announced):
        raise InputError(
            f"{address}: the transfer broke off after {path.stat().st_size} of {announced} bytes; try again"
        )
