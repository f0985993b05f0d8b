"""What can go wrong beside the hardware that is not the hardware (that is `devices.errors`).

    BridgeError
      SettingsWrong    the configuration says something that cannot be: a person must mend it
      AlreadyRunning   another bridge holds this spool
      KeepingRefused   the disk would not take it: nothing was promised to anyone
      LinkDown         the service did not answer: try again, nothing is lost
      Rejected         the service answered, and will not have what was sent

One rule for the editor: the message says what to do, in a sentence a storekeeper's technician can read.
"""


class BridgeError(Exception):
    """Anything that went wrong on our side of the wire."""


class SettingsWrong(BridgeError):
    """The configuration is wrong. `problems` holds one sentence each, with file, line and field."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class AlreadyRunning(BridgeError):
    """Another bridge process holds the spool folder."""


class KeepingRefused(BridgeError):
    """Journal or spool could not keep a reading: quota reached, disk full or broken."""


class LinkDown(BridgeError):
    """The service could not be reached, did not answer in time, or answered that it cannot now."""


class Rejected(BridgeError):
    """The service refuses this very request. `code` is the HTTP code, `reason` what it said, cut short."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the service answered {code}: {reason}")
        self.code = code
        self.reason = reason
