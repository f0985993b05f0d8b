"""A disk that can be made full and roomy again: a small tmpfs where this machine lets us mount one.

One rule for the editor: what is mounted is unmounted, whatever the test did.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 16
PAGE = b"\0" * 4096


class NoSmallDisk(Exception):
    """No tmpfs can be mounted here; the message says why."""


@dataclass(frozen=True)
class SmallDisk:
    """A mounted folder of SIZE_MB."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Leave no room at all."""
        with self._filler.open("wb", buffering=0) as out, suppress(OSError):
            while out.write(PAGE) == len(PAGE):
                pass
        assert os.statvfs(self.folder).f_bavail == 0

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink()


_HOLD = f'''mount -t tmpfs -o size={SIZE_MB}m tmpfs "$1" 2>&1 && echo mounted && read -r _; umount -l "$1"'''
"""Mount, and unmount at the end of our input: when the test says so, or when there is no test any more."""


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount one at `folder`. Raises NoSmallDisk."""
    folder.mkdir()
    command, pipe = ["sh", "-c", _HOLD, "small-disk", str(folder)], subprocess.PIPE
    # In a session of its own, so that it outlives whoever ends the tests' process group.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as holder:
        assert holder.stdout is not None
        said = holder.stdout.readline().strip()
        if said != "mounted":
            holder.communicate()
            raise NoSmallDisk(said)
        try:
            yield SmallDisk(folder)
        finally:
            holder.communicate()
    assert not os.path.ismount(folder)
