"""What can go wrong with a device, and nothing else. Bad bytes are not errors: decoders say `Garbled`.

DeviceError
  NotOpened        the port is not there, denied or busy: try again later, the watcher does
  Gone             it was open and went away: end the station, the watcher brings it back
  Wedged           it is there and answers nothing within its time-out
  NotConfigured    the configuration names something that does not exist: a person must mend it
"""


class DeviceError(Exception):
    """Anything a device did to us. The message names the device's physical port and what to do."""


class NotOpened(DeviceError):
    """The port could not be opened. `word` is the DeviceWord to report (MISSING, DENIED or BUSY)."""

    def __init__(self, message: str, word: str = "MISSING") -> None:
        super().__init__(message)
        self.word = word


class Gone(DeviceError):
    """The device was open and went away (unplugged, network cut, broker lost)."""


class Wedged(DeviceError):
    """The device is attached but answers nothing within its time-out."""


class NotConfigured(DeviceError):
    """The configuration names a driver, port or option that does not exist."""
