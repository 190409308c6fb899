"""Digests within files, by which a reader notices that the content is no longer what was written.

Every file says the digest of its own content, except a history: its digest is in `run.json`. A file without a digest,
written by an older version, is read as it is.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

KEY = "sha256"
"""Under which a JSON file and the header of a safetensors file hold the digest of the rest."""

LENGTH = hashlib.sha256().digest_size


class ChangedError(ValueError):
    """The content is not what was written."""

    def __init__(self) -> None:
        super().__init__("its content has changed since it was written")


def digest_bytes(*contents: bytes) -> bytes:
    """SHA-256 of the contents, one after the other."""
    total = hashlib.sha256()
    for content in contents:
        total.update(content)
    return total.digest()


def digest_record(record: Mapping[str, Any]) -> str:
    """SHA-256 of JSON values, in hex; the same for a record and for what was read back from its file."""
    values = json.loads(json.dumps(record, allow_nan=False))
    return digest_bytes(json.dumps(values, sort_keys=True).encode()).hex()


def digest_tensors(header: Mapping[str, Any], tensors: Mapping[str, Any]) -> str:
    """SHA-256 of a header and of names, types, shapes and values of tensors, in hex.

    They are PyTorch's, on the CPU, or NumPy's arrays: equal ones have one digest.
    """
    parts = [digest_record(header).encode()]
    for name, tensor in sorted(tensors.items()):
        kind = str(tensor.dtype).removeprefix("torch.")
        content = tensor.contiguous().numpy() if hasattr(tensor, "contiguous") else tensor
        parts += [f"{name} torch.{kind} {tuple(tensor.shape)}".encode(), content.tobytes()]
    return digest_bytes(*parts).hex()


def check(found: str, said: str | None) -> None:
    """Compare a digest with that which a file states; raises `ChangedError` if they differ, nothing without one."""
    if said is not None and said != found:
        raise ChangedError
