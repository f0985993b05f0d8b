"""Papers of data protection: the certificate of a disposal, and what somebody is told is held about them.

One rule for the editor: a certificate shows counts and surrogate numbers; nothing that was erased stands on it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from api.book import Book, Cover
from inventory.oversight.disclosure.rows import Values

A_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MARKING = "OFFICIAL-SENSITIVE"
IDS_A_LINE = 12
SHOWN_MAX, COLUMNS_MAX = 200, 8
UNREAD = ("id", "facts", "holder", "is_handle", "same_as", "disposed")
SECTIONS = {
    "person": "Who you are to us", "sign_in": "Your sign-in", "binding": "Your collar and cards",
    "training_result": "Your training", "carry_authorisation": "Your authority to carry",
    "authority_stop": "Suspensions and ends of authority", "duty_restriction": "Limits of your duties",
    "custody": "Kit that you had", "decisions": "What you asked for, and what was answered",
    "visit": "Your visits at hatches", "use_declared": "Uses of kit that you declared",
    "capability_grant": "What you may do in the kit store", "roster": "Your rostered duties",
    "looked_at_or_changed": "Who looked at your record or changed it",
}  # fmt: skip


def certificate_pdf(body: Mapping[str, Any], sha256: str, force: str) -> bytes:
    """The certificate of a disposal."""
    number = body["disposal"]
    book = Book(
        Cover(
            force, "Certificate of disposal", f"Disposal {number}: {body['record']}",
            (("Kept for", f"{body['kept_for']} after {_words(body['trigger'])}"), ("Before", body["before"]),
             ("Completed", body["completed"])), MARKING, sha256,
        )
    )  # fmt: skip
    book.section("What was erased, and by whose approval")
    approved = body["approved"]
    book.facts(
        [
            ("Record", body["record"]), ("Rule", body["rule"]), ("Source of the period", body["source"]),
            ("Policy", body["policy_hash"]),
            ("Proposed", f"{body['proposed']['at']} by person {body['proposed']['by_person']}"),
            ("Approved", f"{approved['at']} by persons {approved['by_persons'][0]} and {approved['by_persons'][1]}"),
            ("Completed", f"{body['completed']} in {body['batches']} batches"),
        ]
    )  # fmt: skip
    book.heading("Rows erased or emptied")
    book.table(("Table", "Rows"), [(name, str(count)) for name, count in body["rows_erased"].items()])
    book.heading("Surrogate numbers of what was erased")
    book.serials(_numbers(body["erased_ids"]))
    book.heading("Held back by a legal hold")
    book.serials(_numbers(body["held_back_ids"]))
    book.heading("Backups")
    book.words(body["backups"])
    book.words(
        "The ledger keeps its entries and their hashes, with these numbers in place of people. For each batch it has an"
        " entry ERASED, which the verifier asks for. Search, lists and screens read the same tables and keep no copies;"
        " answers kept for repeated requests go within 7 days, events of screens within 2."
    )
    return book.made()


def _numbers(ids: Sequence[int]) -> list[str]:
    if not ids:
        return ["none"]
    lines = [ids[at : at + IDS_A_LINE] for at in range(0, len(ids), IDS_A_LINE)]
    return [" ".join(str(each) for each in line) for line in lines]


def _words(word: str) -> str:
    return word.replace("_", " ").lower()


def own_data_pdf(content: Values, name: str, digest: str, force: str) -> bytes:
    """What is held about a person, for that person."""
    title, marking = "What the kit store holds about you", "OFFICIAL-SENSITIVE: PERSONAL"
    book = Book(Cover(force, title, name, (("For", name),), marking, digest))
    book.section("How to read this")
    book.words(
        "This is everything the kit store holds about you, as it stands in own-data.json beside this file. Other people"
        " are taken out. A few lines of the processing log are left out where the law allows it (DPA 2018 s.45(4))."
        " You may ask for a correction: your training unit corrects training, the store corrects what you had."
        " A refused draw is decided by rules alone: you may ask for a person to look at it again (your supervisor, or"
        " the CED single point of contact), and you may complain to the Information Commissioner."
    )
    empty = []
    for key in sorted(content, key=lambda each: (list(SECTIONS).index(each) if each in SECTIONS else 99, each)):
        if content[key]:
            _own_section(book, SECTIONS.get(key, _words(key).capitalize()), content[key])
        else:
            empty.append(SECTIONS.get(key, _words(key).capitalize()))
    if empty:
        book.section("Of these nothing is held")
        book.words("; ".join(empty) + ".")
    return book.made()


def _own_section(book: Book, title: str, rows: Sequence[Values]) -> None:
    """One section: a row each, a table where the rows are narrow enough to be compared."""
    book.section(title)
    shown = [_pairs(row) for row in rows[:SHOWN_MAX]]
    names = [name for name, _ in max(shown, key=len)]
    if len(names) <= COLUMNS_MAX and all({name for name, _ in row} <= set(names) for row in shown):
        book.table([_words(name).capitalize() for name in names], [[dict(row).get(each, "–") for each in names]
                                                                   for row in shown])  # fmt: skip
    else:
        for row in shown:
            book.words("; ".join(f"{_words(name)}: {value}" for name, value in row), 9)
    if len(rows) > SHOWN_MAX:
        book.words(f"{len(rows) - SHOWN_MAX} more are in own-data.json.", quiet=True)


def _pairs(row: Values) -> list[tuple[str, str]]:
    """What of a row people read: times in words, no numbers of ours; the rest is in the JSON."""
    kept = {
        name: value for name, value in row.items()
        if value is not None and name not in UNREAD and not name.endswith(("_us", "_id", "_entry", "_hash", "_key"))
    }  # fmt: skip
    return [(name.removesuffix("_at"), _value(value)) for name, value in kept.items()]


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(each)}" for name, each in value.items() if each is not None)
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value)
    said = str(value)
    return f"{said[:10]} {said[11:16]} UTC" if A_TIME.fullmatch(said) else said
