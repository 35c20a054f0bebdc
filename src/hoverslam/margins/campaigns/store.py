"""A folder that keeps the blocks of a campaign: one npz file for each block, and a manifest.

The manifest holds the inputs of the flights, so that a run with other inputs is refused with the names of those that differ.
A file is written whole or not at all, and files are not locked. Two processes may use one folder at the same time: they write
the same bits under the same names.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.errors import shown
from hoverslam.data.writing import write_whole
from hoverslam.margins.campaigns.blocks import CampaignError, Columns, block_numbers
from hoverslam.reports.json_text import Json, json_text, record

LAYOUT = 1  # of the files
MANIFEST = "campaign.json"
_DIGEST = 64  # hexadecimal digits of a SHA-256
_NAMED = 3  # inputs that differ, of which a message gives both values


class BlockStore:
    """The blocks of one campaign in one folder.

    Args:
        folder: The folder, made if missing.
        fingerprint: Of the flyer.
        size: Samples in a block.
        inputs: What the flights depend on, by name, as :attr:`Flyer.inputs`.

    Raises:
        CampaignError: If the folder is a file or holds another campaign.
        NotWritten: If the manifest cannot be written.
    """

    def __init__(self, folder: Path, fingerprint: str, size: int, inputs: Mapping[str, object] | None = None) -> None:
        self.folder, self.fingerprint, self.size = Path(folder), fingerprint, size
        given = record(inputs or {})
        if self.folder.exists() and not self.folder.is_dir():
            raise CampaignError(f"{folder}: is a file: name a folder")
        about = read_manifest(self.folder)
        if about is None:
            about = {"layout": LAYOUT, "fingerprint": fingerprint, "block": size, "inputs": given}
            write_whole(self.folder / MANIFEST, json_text(about), keep=False)
        else:
            self._compare(about, given)

    def _compare(self, about: dict[str, Any], inputs: Mapping[str, Json]) -> None:
        """Raise CampaignError if a manifest belongs to another campaign."""
        require_inputs(self.folder, about, inputs)
        if about["fingerprint"] != self.fingerprint:
            raise self._foreign(self.folder, about["fingerprint"])
        if about["block"] != self.size:
            fix = f"give block={about['block']}, or use another folder"
            raise CampaignError(f"{self.folder}: holds blocks of {about['block']} samples, not {self.size}: {fix}")

    def _foreign(self, where: Path, fingerprint: str) -> CampaignError:
        fix = "use another folder, or delete this one"
        return CampaignError(f"{where}: holds the campaign {fingerprint}, not {self.fingerprint}: {fix}")

    def path(self, index: int) -> Path:
        """Return the file of a block."""
        return self.folder / f"block_{index:06}.npz"

    def save(self, index: int, columns: Columns) -> None:
        """Write a block.

        Raises:
            NotWritten: If the file cannot be written; it says where the block is kept instead.
        """
        own = {"numbers": block_numbers(index, self.size), "fingerprint": np.array(self.fingerprint)}
        write_whole(self.path(index), packed({**own, **columns}))

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


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder, or None if there is none.

    Raises:
        CampaignError: If it is damaged, no manifest, or of another layout.
    """
    path = folder / MANIFEST
    try:
        about = json.loads(path.read_bytes())
        layout, _, _ = about["layout"], about["fingerprint"], about["block"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path}: not the manifest of a campaign ({type(error).__name__}: {error})"
        raise CampaignError(f"{message}: put it back, or use another folder") from None
    if layout != LAYOUT:
        raise CampaignError(f"{path}: layout {layout}, expected {LAYOUT}: use another folder")
    return dict(about)


def require_inputs(folder: Path, about: Mapping[str, Any], inputs: Mapping[str, Json]) -> None:
    """Raise CampaignError if inputs differ from those of a manifest; the message names them with both values.

    Args:
        folder: The folder, for the message.
        about: Its manifest.
        inputs: Inputs that are asked for, by name; others are not compared.
    """
    kept = about.get("inputs")
    if not isinstance(kept, dict) or not kept:  # of an earlier version, or of a flyer without inputs
        return
    other = [name for name in inputs if name not in kept or kept[name] != inputs[name]]
    if not other:
        return
    told = [f"{name} is {shown(kept.get(name))} there and {shown(inputs[name])} here" for name in other[:_NAMED]]
    more = f", and {len(other) - _NAMED} more differ" if len(other) > _NAMED else ""
    raise CampaignError(
        f"{folder}: holds another campaign: {'; '.join(told)}{more}: give what it has, or name another folder"
    )


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
