"""Reminders by e-mail: a short plain letter each, handed to the force's own relay with the standard library.

One rule for the editor: a letter says what runs out, when, and what to do; never why somebody may not draw. What the
relay refuses is written down beside its reminder, and is not tried again.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

from api.settings import Mail
from inventory.gate.wording import day_in_words
from inventory.people.reminders import NAMES, Reminder

PROBLEMS = (smtplib.SMTPException, OSError, ValueError)
"""What it looks like when a letter could not be handed over."""


def subject_of(of: Reminder) -> str:
    """'Your CED training (T7) runs out in 30 days', or that it has run out."""
    what = f"Your {NAMES.get(of.what, of.what)}{f' ({of.model})' if of.model else ''}"
    return f"{what} has run out" if of.band == 0 else f"{what} runs out within {of.band} days"


def body_of(of: Reminder) -> str:
    """The letter itself."""
    last = day_in_words(date.fromisoformat(of.ends_on) - timedelta(days=1))
    does = "Ask the CED single point of contact." if of.what == "AUTHORITY" else "Book with the training unit."
    return (
        f"{subject_of(of)}: its last good day is {last}.\n\n{does}\n\n"
        "Your page in the kit store shows what you may draw until then. This letter is not sent again.\n"
    )


def letter(of: Reminder, ref: str, mail: Mail, now_us: int) -> EmailMessage:
    """The letter to the person with the number `ref`. Raises ValueError where that makes no address."""
    if not ref.isascii() or not all(each.isalnum() or each in "-_." for each in ref):
        raise ValueError("their number makes no mail address")
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = mail.sender, mail.to.format(ref=ref.lower()), subject_of(of)
    made["Date"] = format_datetime(datetime.fromtimestamp(now_us // 1_000_000, UTC))
    made["Message-ID"] = make_msgid(f"kitstore.{of.id}", domain=mail.sender.partition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body_of(of))
    return made


def send(mail: Mail, letters: Iterable[tuple[Reminder, str]], now_us: Callable[[], int]) -> dict[int, str | None]:
    """Hand over each letter, by one connection; what became of each: None, or the problem in words."""
    waiting = list(letters)
    try:
        with smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_s) as relay:
            _greet(relay, mail)
            return {of.id: _hand_over(relay, of, ref, mail, now_us()) for of, ref in waiting}
    except PROBLEMS as problem:
        return {of.id: f"{type(problem).__name__}: {problem}" for of, _ in waiting}


def _greet(relay: smtplib.SMTP, mail: Mail) -> None:
    if mail.tls:
        relay.starttls(context=ssl.create_default_context(cafile=mail.ca_file or None))
    if mail.username:
        relay.login(mail.username, Path(mail.password_file).read_text("utf-8").strip())


def _hand_over(relay: smtplib.SMTP, of: Reminder, ref: str, mail: Mail, now_us: int) -> str | None:
    try:
        relay.send_message(letter(of, ref, mail, now_us))
    except PROBLEMS as problem:
        return f"{type(problem).__name__}: {problem}"
    return None
