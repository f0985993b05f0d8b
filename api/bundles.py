"""Packs as ZIP files: content with its manifest of hashes, and a header about this copy alone.

One rule for the editor: every file but `header.json` is content: whoever asks twice for the same thing gets it byte for
byte, and the hash that stands on record is the manifest's.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from litestar import Response

from inventory.oversight.disclosure.rows import sha256_of, text_of

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time that every file in a ZIP bears (the earliest the format knows): content is not about when it was copied."""
HEADER, MANIFEST = "header.json", "manifest.txt"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A pack: its name, its content by file name, and what is only about this copy."""

    name: str
    files: Mapping[str, bytes]
    header: Mapping[str, object]

    @property
    def manifest(self) -> bytes:
        """A line for each file of the content, as `sha256sum --check` reads it."""
        return manifest_of(self.files)

    @property
    def sha256(self) -> str:
        """The hash of the content: of its manifest."""
        return sha256_of(self.manifest)

    def zipped(self) -> bytes:
        """The file."""
        out = io.BytesIO()
        header = text_of({**self.header, "content_sha256": self.sha256})
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in sorted({**self.files, MANIFEST: self.manifest, HEADER: header}.items()):
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, body)
        return out.getvalue()


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """A line for each file: its SHA-256 and its name."""
    return "".join(f"{sha256_of(files[name])}  {name}\n" for name in sorted(files)).encode()


def as_file(name: str, media: str, body: bytes) -> Response[bytes]:
    """A file to be kept."""
    return Response(body, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
