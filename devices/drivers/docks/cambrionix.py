"""Cambrionix charge and sync hubs, by their command line. 115200 8N1, no flow control.

    03                        cancel whatever runs           CR LF >> SP
    id CR LF                  who are you                    mfr:cambrionix,mode :main,hw:PP15S,...,fw:1.68,fc:un
    bd CR LF                  which bay is which USB port    Hub 2 Port 3 : Port 9 ...
    state CR LF               all ports                      5, 1044, A C, 1, 5, x, 0.01
    health CR LF              volts, heat, restarts          5V Flags: UV ... Rebooted flag: R
    sec CR LF                 the theft alarm                armed
    leds 1 xxC CR LF          lamp 1 of bay 3 on, the others as they are
    *E410: Port number must be 1..8          refused         *FATAL ERROR E001: ...    it restarts within 9 s

One rule for the editor: only what the hub said. A flag that means "finished" is READY; a charge current that
merely became small is not. The hub knows that something is in a bay, never what.
"""

from collections import deque
from collections.abc import Mapping

from devices.docks import cambrionix_text as text
from devices.docks.bays import Told
from devices.docks.prompt import BOOT_PROMPT, PROMPT, PromptDialogue, PromptFramer
from devices.driver import Driver, Note, UsbId
from devices.evidence import garbled, garbled_piece
from devices.options import choose, number
from devices.readings import BayAct, BayReported, BayWord, DeviceReported, DeviceWord, Reading
from devices.wire import Light

NAME = "cambrionix"

OPTIONS = {
    "security": ("keep", "keep|arm|disarm: the hub's theft alarm at each start; arm rests while kit is issued"),
    "poll_s": ("1", "seconds between two looks at the ports, 0.2 to 60"),
    "settle_s": ("2", "seconds that something must stay in or out of a bay before it is told, 0 to 60"),
}

HEALTH_S = 60.0
DISARMED_S = 30.0
"""How long an armed hub stays disarmed for what was issued. Its alarm is for all of its bays together."""

RESTART_S = 12.0
"""A hub that died is restarted by its watchdog within 9 seconds."""

NOTES_MAX, PAIRS_MAX = 64, 512
ANSWER_S = 2.0
"""How long the lines of an answer are kept without the prompt that ends it."""

_COMMANDS = ("id", "system", "bd", "health", "crf", "state", "sec", "leds", "limits", "loge")
_WORDS: dict[str, BayWord] = {"P": "CHARGING", "C": "CHARGING", "F": "READY"}
_LAMPS: dict[Light, tuple[str, str]] = {
    "green": ("C", "O"), "amber": ("O", "S"), "red": ("F", "F"), "none": ("R", "R"),
}  # fmt: skip
"""What the rows of lamps "charged" and "charging" show: on, off, slow, fast, or the hub's own again."""


class Cambrionix:
    """Turns a hub's text into bay reports, and asks for it. `repeated` counts rows that said nothing new.

    It is `Talking`, `Lit`, `Bayed` and `Noting`. Its bays are told under the driver's name; the station puts its own.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        poll_s = number(NAME, chosen, "poll_s", (0.2, 60.0))
        self._settle_s = number(NAME, chosen, "settle_s", (0.0, 60.0))
        self._is_guarding = chosen["security"] == "arm"
        self._disarmed_s: float | None = None
        self._is_disarmed = False
        security = [] if chosen["security"] == "keep" else [f"sec {chosen['security']}"]
        first = ["id", "system", "bd", "health", "crf", *security, "sec"]
        self._dialogue = PromptDialogue(first, {"state": poll_s, "health": HEALTH_S})
        self._framer = PromptFramer()
        self._notes: deque[Note] = deque(maxlen=NOTES_MAX)
        self._pairs: dict[str, str] = {}
        self._pairs_s = 0.0
        self._told = Told()
        self._doubted_s: dict[int, float] = {}
        self._bays = 0
        self._trouble = False
        self._health = ""
        self._was_clear = False
        self._asks_lamps = False
        self._has_lamps = True
        self.repeated = 0

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return the readings they complete."""
        readings = self._unanswered(at_s)
        for piece in self._framer.feed(data, at_s):
            readings += [garbled_piece(piece)] if piece.fault else self._hear(piece.data, at_s)
        return readings + self._at(at_s)

    def idle(self, at_s: float) -> list[Reading]:
        """Give up a line or an answer that does not end; see whether something is due."""
        readings: list[Reading] = [garbled_piece(piece) for piece in self._framer.idle(at_s)]
        return readings + self._unanswered(at_s) + self._at(at_s)

    def opening(self) -> bytes:
        """A cancel: an earlier program may have left the hub telling its live view."""
        return self._dialogue.take()

    def take_replies(self) -> bytes:
        """The next command, once the prompt has come."""
        return self._dialogue.take()

    def take_notes(self) -> list[Note]:
        """What the hub said that is no reading, since this was asked last."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    def show(self, light: Light, bay: int | None = None) -> None:
        """Show `light` with the lamps of one bay, or of all. A hub without lamps says so once, and is left alone."""
        if not self._has_lamps or (bay is None and not self._bays):
            return
        for row, pattern in enumerate(_LAMPS[light], start=1):
            places = pattern * self._bays if bay is None else "x" * (bay - 1) + pattern
            self._dialogue.ask(f"leds {row} {places}")

    def tell(self, act: BayAct, bay: int, light: Light) -> bool:
        """Light a bay; or switch the theft alarm, where it was armed at the start, off for a while and on again."""
        if act == "POINT":
            self.show(light, bay)
            return self._has_lamps
        if not self._is_guarding:
            return False
        self._is_disarmed, self._disarmed_s = act == "RELEASE", None
        self._dialogue.ask("sec disarm" if self._is_disarmed else "sec arm")
        return True

    def _armed_again(self, at_s: float) -> None:
        """What was issued has been taken by now, or can wait for the storekeeper."""
        if not self._is_disarmed:
            return
        self._disarmed_s = at_s if self._disarmed_s is None else self._disarmed_s
        if at_s - self._disarmed_s >= DISARMED_S:
            self._is_disarmed, self._disarmed_s = False, None
            self._dialogue.ask("sec arm")

    def _hear(self, data: bytes, at_s: float) -> list[Reading]:
        if data in (PROMPT, BOOT_PROMPT):
            readings = self._answered()
            self._dialogue.heard(at_s, is_prompt=True)
            return readings + (self._in_boot_loader() if data == BOOT_PROMPT else [])
        self._dialogue.heard(at_s, is_prompt=False)
        if not all(0x20 <= byte < 0x7F for byte in data):
            return [garbled("CHARACTERS", "A hub writes plain text; this line has other bytes.", data)]
        return self._line(data.decode("ascii").strip(), data, at_s)

    def _line(self, line: str, data: bytes, at_s: float) -> list[Reading]:
        """One line by what it looks like, whether we asked for it or someone who recorded it did."""
        error = text.read_error(line)
        if error:
            return self._refused(error, at_s)
        if line[:1].isdigit() and "," in line:
            return self._row(line, data, at_s)
        if line.startswith("mfr:"):
            return self._who(line)
        if line.partition(" ")[0] in _COMMANDS:
            self._asks_lamps = line.startswith("leds")
            self._note("command", {"text": line})
        elif line in ("armed", "disarmed"):
            self._note("security", {"security": line})
        elif line.lower().startswith(("cambrionix ", "system up for ")) and ":" not in line:
            self._note("title", {"title": line})
        elif ":" in line and line[0] != "*" and len(self._pairs) < PAIRS_MAX:
            self._pairs.update([text.read_pair(line)])
            self._pairs_s = at_s
        elif line not in ("", "^C"):
            return [garbled("LINE", "No answer of a Cambrionix hub has a line like this.", data)]
        return []

    def _row(self, line: str, data: bytes, at_s: float) -> list[Reading]:
        row = text.read_row(line)
        if isinstance(row, str):
            return [garbled(row, text.WHY[row], data)]
        readings = self._well() + self._restarted("R" in row.flags)
        if row.port == 0:
            self._note("host port", {"flags": row.flags})
            return readings
        self._bays = max(self._bays, row.port)
        return readings + self._bay(_bay_of(row), at_s)

    def _bay(self, said: BayReported, at_s: float) -> list[Reading]:
        """Tell a bay that changed; in or out only when it stays so, for a plug bounces."""
        told = self._told.last(said.bay)
        if told is not None and told.present != said.present:
            since_s = self._doubted_s.setdefault(said.bay, at_s)
            if at_s - since_s < self._settle_s:
                self.repeated += 1
                return []
        self._doubted_s.pop(said.bay, None)
        due = self._told.due([said], at_s)
        self.repeated += not due
        return list(due)

    def _who(self, line: str) -> list[Reading]:
        facts = text.read_id(line)
        self._note("id", facts)
        self._trouble = False
        return [self._word("OPEN", firmware=facts.get("fw", "")[:60] or None)]

    def _refused(self, error: text.HubError, at_s: float) -> list[Reading]:
        self._note("error", error._asdict())
        if self._asks_lamps:
            self._has_lamps = False  # "not found": this hub has no lamps to set
        if not error.is_fatal:
            return []
        self._trouble = True
        self._dialogue.hold(at_s + RESTART_S)
        detail = f"The hub failed (fatal error E{error.code:03}: {error.text}) and restarts itself."
        return [self._word("WEDGED", detail)]

    def _in_boot_loader(self) -> list[Reading]:
        self._trouble = True
        return [self._word("MISCONFIGURED", "The hub is in its boot loader: switch its power off and on.")]

    def _restarted(self, is_marked: bool) -> list[Reading]:
        """A restarted hub marks every row until the mark is cleared: it is told who we are once more."""
        was_clear, self._was_clear = self._was_clear, not is_marked
        if not (was_clear and is_marked):
            return []
        self._dialogue.start_again()
        return [self._word("OPEN", "The hub has restarted. If nobody meant it to, look at its power supply.")]

    def _answered(self) -> list[Reading]:
        """The prompt has come: what do the lines before it say together?"""
        pairs, self._pairs = self._pairs, {}
        self._asks_lamps = False
        if not pairs:
            return []
        if "Nodes" in pairs:
            return self._bay_map(pairs)
        if "5V Now" in pairs or "Rebooted flag" in pairs:
            return self._healthy(pairs)
        if "5V Min" in pairs:
            self._note("limits", text.read_limits(pairs))
        elif "Firmware" in pairs:
            self._note("system", pairs)
        else:
            return [garbled("ANSWER", "No command of ours is answered like this.", _evidence(pairs))]
        return []

    def _bay_map(self, pairs: Mapping[str, str]) -> list[Reading]:
        found = text.read_bays(pairs)
        if found is None:
            return [garbled("BAYS", "The hub's tree does not lead to each of its bays.", _evidence(pairs))]
        self._bays = max(self._bays, *found.paths)
        paths = {str(bay): found.paths[bay] for bay in sorted(found.paths)}
        self._note("bays", {**paths, "control": found.control or ""})
        return []

    def _healthy(self, pairs: Mapping[str, str]) -> list[Reading]:
        facts = text.read_health(pairs)
        self._note("health", facts)
        wrong = [
            f"{name.removesuffix('_flags')} {_plain(value)}"
            for name, value in facts.items()
            if isinstance(value, tuple) and value
        ]
        health = ", ".join(str(it) for it in wrong)
        if health == self._health:
            return []
        self._health = health
        mend = f"The hub marks {health} (UV too low, OV too high, OT too hot). Only a restart of it clears low volts."
        return [self._word("OPEN", mend if health else "")]

    def _unanswered(self, at_s: float) -> list[Reading]:
        if not self._pairs or at_s - self._pairs_s < ANSWER_S:
            return []
        pairs, self._pairs = self._pairs, {}
        return [garbled("NO_PROMPT", "The answer stopped before the prompt that ends it.", _evidence(pairs))]

    def _at(self, at_s: float) -> list[Reading]:
        self._armed_again(at_s)
        if not self._dialogue.tick(at_s):
            return []
        self._trouble = False
        if not self._dialogue.is_wedged:
            return [self._word("OPEN")]
        return [
            self._word("WEDGED", "The hub gives no prompt. Check its cable, and switch its power off and on.")
        ]

    def _well(self) -> list[Reading]:
        was, self._trouble = self._trouble, False
        return [self._word("OPEN")] if was else []

    def _note(self, what: str, facts: Mapping[str, text.Fact]) -> None:
        self._notes.append(Note(what=what, facts={name: _plain(fact) for name, fact in facts.items()}))

    def _word(self, word: DeviceWord, detail: str = "", firmware: str | None = None) -> DeviceReported:
        return DeviceReported(
            device=NAME, driver=NAME, word=word, detail=detail[:400] or None, firmware=firmware
        )


def _bay_of(row: text.Row) -> BayReported:
    faults = {
        "T": "taken out while the hub's theft alarm was armed",
        "e": "the hub reports an error at this port",
        "E": "the hub reports an error of its own; see its health",
    }
    fault = "; ".join(why for flag, why in faults.items() if flag in row.flags) or None
    word = "EMPTY" if not row.is_attached else _WORDS.get(row.mode, "UNKNOWN")
    return BayReported(
        dock=NAME, bay=row.port, word="FAULT" if fault else word, present=row.is_attached, fault=fault
    )


def _plain(fact: text.Fact) -> str | int | bool:
    """A fact as a note holds it."""
    if isinstance(fact, tuple):
        return " ".join(str(it) for it in fact)
    return str(fact) if isinstance(fact, float) else fact


def _evidence(pairs: Mapping[str, str]) -> bytes:
    return "\r\n".join(f"{name}: {value}" for name, value in pairs.items()).encode("ascii")


DRIVER = Driver(
    name=NAME,
    title="Cambrionix charge and sync hub on its serial line",
    transport="serial",
    decoder=Cambrionix,
    stream="obs",
    baud=115_200,
    options=OPTIONS,
    usb_ids=(UsbId(0x2CD9, None, "Cambrionix"),),
)
