"""The evidence of one draw on paper: what was decided and why, by what was known then and is known now, and its proof.

One rule for the editor: the paper says nothing that does not stand in the JSON beside it, and names what it leaves out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from api.book import Book, Cover
from inventory.gate.wording import day_in_words
from inventory.oversight.standalone import Report
from inventory.people.calendar import moment_said
from inventory.stock.kinds import title

MARKING = "OFFICIAL-SENSITIVE"
Content = Mapping[str, Any]
A_MOMENT = 10**14
"""Whole numbers of facts beyond this are times in UTC microseconds."""
FACTS_SAID = {
    "now": "decided at", "feed": "training feed last heard", "fit": "declared fit", "tested": "function tested (items)",
    "return": "planned return", "issuer": "issuer, may issue", "proof": "proved by", "at": "it was with",
    "expires": "printed date", "gates": "gates met", "joined": "joined", "docked": "last docked",
}  # fmt: skip
"""What the short names of facts say."""


def evidence_pdf(content: Content, proof: Report, digest: str, force: str) -> bytes:
    """The whole paper."""
    told = content["decision"]
    book = Book(
        Cover(
            force, "Evidence of one draw", f"Decision {told['id']}, {moment_said(told['decided_us'])}",
            (("Drawn by", who(content, told["person_id"])), ("Store", _store(content)),
             ("Answer", "Allowed" if told["verdict"] == "ALLOW" else "Refused"),
             ("Items", ", ".join(_named(each["item"]) for each in content["kit"]) or "none")),
            MARKING, digest,
        )
    )  # fmt: skip
    _in_short(book, content)
    _decision(book, content)
    _standing(book, content)
    _kit(book, content)
    _hatch(book, content)
    _after(book, content)
    _proof(book, proof)
    _log(book, content)
    return book.made()


def who(content: Content, person_id: int | None) -> str:
    """A person as the pack names them."""
    if person_id is None:
        return "–"
    found = content["people"].get(str(person_id))
    if found is None:
        return f"person {person_id}"
    return " ".join(str(found[part]) for part in ("rank", "name", "collar") if found[part])


def _store(content: Content) -> str:
    return str(content["store"][0]["name"]) if content["store"] else "–"


def _named(item: Content) -> str:
    return f"{title(item['kind'])} {item['model']} {item['serial']}"


def _in_short(book: Book, content: Content) -> None:
    told = content["decision"]
    book.section("In short")
    answer = "allowed" if told["verdict"] == "ALLOW" else "refused"
    book.words(
        f"On {moment_said(told['decided_us'])} {who(content, told['person_id'])} asked for the kit listed here at"
        f" {_store(content)}. The gate asked every rule of the policy in force and {answer} it."
    )
    book.facts(
        [
            ("Decision", str(told["id"])), ("Purpose", str(told["purpose"]).lower()),
            ("Planned return", _moment(told["planned_return_us"])), ("Issued by", who(content, told["by_person"])),
            ("Asked at", str(told["door"])), ("Policy", str(told["policy_hash"])),
        ]
    )  # fmt: skip
    book.heading("Reasons")
    if not told["reasons"]:
        book.words("None: no rule refused and none warned.")
    for each in told["reasons"]:
        book.words(f"{each.get('rule_id', '')} {each['code']} ({each['weight']}): {each['sentence']} {each['remedy']}")
    book.heading("What this pack shows, and what it does not")
    book.words(
        "The ledger of each item is hash-chained and stands here whole, with the signed checkpoints that name it: an"
        " edit, an insertion, a reorder or a deletion before the last checkpoint would be found by the verifier that is"
        " in this pack. The facts of the decision stand in a table that the database lets nobody change, and are not in"
        " the chain itself. Nothing here says what happened with the kit at an incident: that is in the use of force"
        " report and in the footage, which the kit store does not hold."
    )


def _decision(book: Book, content: Content) -> None:
    book.section("The decision and the facts it was made on")
    book.words("These are the facts as the gate read them at that moment, each because a rule asked for it.")
    facts = dict(content["decision"]["facts"])
    person, items = facts.pop("person", {}), facts.pop("items", [])
    book.heading("Of the request")
    book.facts([(_said(name), _plain(value)) for name, value in sorted(facts.items())])
    book.heading("Of the person")
    book.facts([(_said(name), _plain(value)) for name, value in sorted(person.items())])
    book.heading("Of each item")
    book.table(
        ("Item", "Kind and model", "What was known of it"),
        [(str(each.pop("id")), f"{each.pop('kind')} {each.pop('model', '')}",
          "; ".join(f"{_said(name)}: {_plain(value)}" for name, value in sorted(each.items())))
         for each in (dict(item) for item in items)],
    )  # fmt: skip


def _said(name: str) -> str:
    return FACTS_SAID.get(name, name.replace("_", " "))


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return moment_said(value) if value > A_MOMENT else str(value)
    if isinstance(value, dict):
        return "; ".join(f"{_said(name)} {_plain(each)}" for name, each in sorted(value.items())) or "–"
    if isinstance(value, list):
        return "; ".join(_row(each) if isinstance(each, list) else _plain(each) for each in value) or "–"
    return str(value)


def _row(values: Iterable[Any]) -> str:
    return " ".join(_plain(each) for each in values if each is not None)


def _moment(at_us: int | None) -> str:
    return "–" if at_us is None else moment_said(at_us)


def _standing(book: Book, content: Content) -> None:
    book.section("Training and authority: as known then, and as known now")
    then, now = content["standing_as_known_then"], content["standing_as_known_now"]
    if then is None or now is None:
        book.words("Nothing is on record about this person any more.")
        return
    book.words(
        "The first column says what was on record when the decision was made; the second what is on record today about"
        " the same moment. Where they differ, something was recorded or retracted afterwards."
    )
    keys = sorted({(each["qualification"], each["model"] or "") for of in (then, now) for each in of["training"]})
    rows = [(f"{name} {model}".strip(), _pass(then, name, model), _pass(now, name, model)) for name, model in keys]
    book.table(("Qualification", "As known then", "As known now"), rows)
    book.heading("Results on record")
    results = content["training_results"]
    book.table(
        ("Course", "Model", "On", "Outcome", "Recorded", "Known then", "Stands now", "Source"),
        [
            (r["course"], r["model"] or "–", _day(r["attended_on"]), r["outcome"], moment_said(r["recorded_us"]),
             _yes(r["known_then"]), _yes(r["known_now"]), f"{r['source']} {r['source_ref']}") for r in results
        ],
    )  # fmt: skip
    book.heading("Authority to carry")
    book.table(
        ("Model", "Mode", "From", "Until", "Granted by", "Recorded", "Known then"),
        [
            (r["model"], r["mode"], _day(r["from_on"]), _day(r["to_on"]), f"{r['granted_by']}, {r['grade']}",
             moment_said(r["recorded_us"]), _yes(r["known_then"])) for r in content["authorisations"]
        ],
    )  # fmt: skip
    if content["stops_of_authority"]:
        book.heading("Suspensions and ends of authority")
        book.table(
            ("What", "From", "To", "Recorded", "Known then"),
            [
                (r["kind"], moment_said(r["from_us"]), _moment(r["to_us"]), moment_said(r["recorded_us"]),
                 _yes(r["known_then"])) for r in content["stops_of_authority"]
            ],
        )  # fmt: skip


def _pass(of: Content, name: str, model: str) -> str:
    found = [each for each in of["training"] if (each["qualification"], each["model"] or "") == (name, model)]
    if not found:
        return "never passed"
    until = found[0]["valid_until_us"]
    said = f"until {moment_said(until)}" if until is not None else "without end"
    return f"{'in date' if found[0]['in_date'] else 'OUT OF DATE'}, {said}; last pass {_day(found[0]['last_pass_on'])}"


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _day(iso: str) -> str:
    return day_in_words(date.fromisoformat(iso))


def _kit(book: Book, content: Content) -> None:
    book.section("The kit: its life before and since")
    for each in content["kit"]:
        book.heading(_named(each["item"]))
        if each["told_later_of_then"]:
            book.words("A correction or a page of paper said later who really had it then: see the JSON.")
        life = [*each["life_before"], *each["life_since"]]
        book.table(("When", "What", "From", "To", "By", "Entry and hash"), [_event(content, row) for row in life])


def _event(content: Content, row: Content) -> Sequence[str]:
    return (
        moment_said(row["at_us"]), " ".join(part for part in (row["kind"], row["reason"], _this(content, row)) if part),
        _side(content, row, "giver"), _side(content, row, "taker"), who(content, row["by_person"]),
        f"{row['chain']} {row['seq']} {row['hash'][:16]}",
    )  # fmt: skip


def _this(content: Content, row: Content) -> str:
    return "(this draw)" if row["decision_id"] == content["decision"]["id"] else ""


def _side(content: Content, row: Content, side: str) -> str:
    if row[side] is None:
        return "–"
    if row[side] == "PERSON":
        return who(content, row[f"{side}_id"])
    return f"{row[side].lower()} {row[f'{side}_id']}"


def _hatch(book: Book, content: Content) -> None:
    book.section("Who was at the hatch")
    if content["hatch"] is None:
        book.words("This draw was not made in a visit at a hatch.")
        return
    visit = content["hatch"]["visit"]
    place = content["hatch"]["place"]
    book.facts(
        [
            ("Hatch", str(place["name"]) if place else "–"), ("Who stood there", who(content, visit["person_id"])),
            ("Proved by", str(visit["authenticated_by"] or "–")), ("Issued by", who(content, visit["by_person"])),
            ("Opened", _moment(visit["opened_us"])), ("Ended", _moment(visit["ended_us"])),
            ("Declared fit", _yes(visit["fit_declared"])),
        ]
    )  # fmt: skip
    lines = content["hatch"]["lines"]
    book.table(
        ("When", "What became of it", "Item", "Function test", "Reading"),
        [
            (moment_said(r["at_us"]), r["word"], str(r["item_id"] or f"lot {r['lot_id']}"),
             _yes(r["function_test_passed"]), str(r["reading_key"] or "touched")) for r in lines
        ],
    )  # fmt: skip


def _after(book: Book, content: Content) -> None:
    book.section("Use, corrections and overrides")
    book.heading("Declared uses")
    book.table(
        ("When", "Uses", "Sort", "Incident", "Use of force", "Answers"),
        [
            (moment_said(r["used_us"]), r["uses"] or "by its log alone", r["sort"], r["incident_ref"] or "–",
             r["uof_ref"] or "–", ", ".join(each["point"] for each in r["answers"]) or "–") for r in content["uses"]
        ],
    )  # fmt: skip
    book.heading("Corrections of entries about this kit")
    book.table(("Correction", "Reason"), [(str(r["id"]), str(r.get("reason") or "–")) for r in content["corrections"]])
    book.heading("Overrides that the decision relied on")
    book.table(
        ("Override", "Given by", "Reason"),
        [(str(r["id"]), who(content, r["by_person"]), str(r.get("reason") or "–")) for r in content["overrides"]],
    )


def _proof(book: Book, proof: Report) -> None:
    book.section("The ledger's own proof")
    found = "The verifier found nothing wrong." if proof.good else "THE VERIFIER FOUND WHAT IS LISTED HERE."
    book.words(
        f"{found} It checked {proof.entries} entries of {proof.chains} chains against {proof.checkpoints} signed"
        f" checkpoints. {proof.range_sentence()}"
    )
    for each in proof.findings:
        book.words(f"{each.kind}: {each.sentence}")
    book.heading("To check it yourself")
    book.words(
        "With Python 3 and nothing else, in the folder that this pack was unpacked to; the public key is the force's,"
        " and is had from the force by another way than this pack:"
    )
    book.serials(["python3 verify.py ledger.jsonl --key PUBLIC_KEY_HEX", "sha256sum --check manifest.txt"])


def _log(book: Book, content: Content) -> None:
    book.section("Who processed this person's data around the draw")
    book.words(
        "Lines of the processing log (Data Protection Act 2018, section 62) about the person within a quarter of an"
        " hour of the decision, given for criminal proceedings or to verify the lawfulness of processing (s.62(4)) and"
        " for no other use."
    )
    book.table(
        ("When", "Operation", "By", "Asked of the service", "Outcome"),
        [
            (moment_said(r["at_us"]), r["operation"], f"{r['actor_kind']} {r['actor_id'] or ''}", r["route"],
             r["outcome"]) for r in content["processing_log"]
        ],
    )  # fmt: skip
