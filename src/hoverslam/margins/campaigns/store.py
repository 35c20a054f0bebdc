"""A folder that keeps the blocks of a campaign: one npz file for each block, and a manifest.

A file is written whole or not at all, and files are not locked. Two processes may use one folder at the same time: they write
the same bits under the same names.
"""

import hashlib
import json
import os
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from hoverslam.margins.campaigns.blocks import CampaignError, Columns, block_numbers

LAYOUT = 1  # of the files
MANIFEST = "campaign.json"
_DIGEST = 64  # hexadecimal digits of a SHA-256
_STALE = 3600.0  # s; writing takes a fraction of a second, so an older unfinished file is left over from a killed run


class BlockStore:
    """The blocks of one campaign in one folder.

    Args:
        folder: The folder, made if missing.
        fingerprint: Of the flyer.
        size: Samples in a block.

    Raises:
        CampaignError: If the folder is a file or holds another campaign.
    """

    def __init__(self, folder: Path, fingerprint: str, size: int) -> None:
        self.folder, self.fingerprint, self.size = Path(folder), fingerprint, size
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise CampaignError(f"{folder}: is a file: name a folder") from None
        manifest = self.folder / MANIFEST
        if manifest.exists():
            self._compare(manifest)
        else:
            about = {"layout": LAYOUT, "fingerprint": fingerprint, "block": size}
            write_durably(manifest, json.dumps(about, indent=1).encode())
        for part in self.folder.glob(".*.part"):
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink(missing_ok=True)

    def _compare(self, manifest: Path) -> None:
        """Raise CampaignError if the manifest is unreadable or belongs to another campaign."""
        try:
            about = json.loads(manifest.read_bytes())
            layout, fingerprint, size = about["layout"], about["fingerprint"], about["block"]
        except (ValueError, KeyError, TypeError) as error:
            message = f"{manifest}: not the manifest of a campaign ({type(error).__name__}: {error})"
            raise CampaignError(f"{message}: put it back, or use another folder") from None
        if layout != LAYOUT:
            raise CampaignError(f"{manifest}: layout {layout}, expected {LAYOUT}: use another folder")
        if fingerprint != self.fingerprint:
            raise self._foreign(self.folder, fingerprint)
        if size != self.size:
            fix = f"give block={size}, or use another folder"
            raise CampaignError(f"{self.folder}: holds blocks of {size} samples, not {self.size}: {fix}")

    def _foreign(self, where: Path, fingerprint: str) -> CampaignError:
        fix = "use another folder, or delete this one"
        return CampaignError(f"{where}: holds the campaign {fingerprint}, not {self.fingerprint}: {fix}")

    def path(self, index: int) -> Path:
        """Return the file of a block."""
        return self.folder / f"block_{index:06}.npz"

    def save(self, index: int, columns: Columns) -> None:
        """Write a block.

        Raises:
            OSError: If the file cannot be written.
        """
        own = {"numbers": block_numbers(index, self.size), "fingerprint": np.array(self.fingerprint)}
        write_durably(self.path(index), packed({**own, **columns}))

    def load(self, index: int, report: Callable[[str], None]) -> Columns | None:
        """Return the columns of a block, or None if there is no file or a damaged one, which is reported.

        Raises:
            CampaignError: If the file belongs to another campaign.
        """
        path = self.path(index)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            columns = unpacked(content)
            numbers, fingerprint = columns.pop("numbers"), str(columns.pop("fingerprint"))
            if not np.array_equal(numbers, block_numbers(index, self.size)):
                raise ValueError("it holds other samples")
        except ValueError as error:
            report(f"{path}: damaged, flown again: {error}")
            return None
        if fingerprint != self.fingerprint:
            raise self._foreign(path, fingerprint)
        return columns


def packed(columns: Columns) -> bytes:
    """Return an npz archive whose comment is the digest of everything before it.

    The checksums of a zip archive do not cover its directory.
    """
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.comment = bytes(_DIGEST)
        for name, values in columns.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
    archived = content.getvalue()[:-_DIGEST]
    return archived + hashlib.sha256(archived).hexdigest().encode()


def unpacked(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an archive.

    Raises:
        ValueError: If the archive does not match its digest.
    """
    if hashlib.sha256(content[:-_DIGEST]).hexdigest().encode() != content[-_DIGEST:]:
        raise ValueError("it does not match its checksum")
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that survives a crash and another process writing the same file.

    The content goes to a file of a unique name, then to the disk, and then takes the place of ``path``.

    Raises:
        OSError: If the file cannot be written; nothing unfinished is left.
    """
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
