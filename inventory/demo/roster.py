"""Who is in the demo force: kinds, stores, teams, and which model of CED each officer carries.

One rule for the editor: people are numbered once, in the order of `plan`, and nothing about them changes with
the day. What changes (training, suspensions) is in modules of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inventory.demo import names, plan
from inventory.demo.plan import apportion, dice

STUDENTS_WITH_CED = 40
STUDENTS_WITHOUT_CED = 140
FIRST_REF = 10_001


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the force. `store` is "" for those not on a store's books, `model` "" for who carries none.

    `trained` says whether PPST, first aid and JRFT are asked of them; `mobilisable` whether a JNCC-listed role
    may call them to the front line.
    """

    number: int
    kind: str
    rank: str
    store: str = ""
    team: str = ""
    frontline: bool = False
    trained: bool = False
    mobilisable: bool = False
    model: str = ""
    given_name: str = ""
    family_name: str = ""
    collar: str = ""
    card: str = ""

    @property
    def ref(self) -> str:
        """The force's own number for them."""
        return f"K{FIRST_REF + self.number}"


def members(seed: int) -> tuple[Member, ...]:
    """All 7,120 people, by number."""
    people = [replace(each, number=n) for n, each in enumerate(_everyone())]
    _give_models(seed, people)
    _make_students(seed, people)
    return tuple(_named(seed, people))


# ---- posts -----------------------------------------------------------------------------------------


def _everyone() -> Iterator[Member]:
    """Everybody in a fixed order: store by store those on the books, then everyone else."""
    pcsos = apportion(plan.PCSOS_ON_BOOKS, [each.on_books for each in plan.STORES])
    specials = apportion(plan.SPECIALS_ON_BOOKS, [each.on_books for each in plan.STORES])
    for store, pcso_count, special_count in zip(plan.STORES, pcsos, specials, strict=True):
        officers = store.on_books - pcso_count - special_count
        for place in range(officers):
            yield _officer(store.code, place)
        for place in range(special_count):
            yield Member(
                0, "SPECIAL", "SC", store.code, _team(store.code, place), frontline=True, trained=True
            )
        for place in range(pcso_count):
            yield Member(0, "PCSO", "PCSO", store.code, _team(store.code, place), frontline=True)
    yield from _elsewhere()


def _team(store: str, place: int) -> str:
    return f"{store}-{plan.TEAMS[place % len(plan.TEAMS)]}"


def _officer(store: str, place: int) -> Member:
    """Each team of five has an inspector first, then a sergeant for every nine constables."""
    in_team = place // len(plan.TEAMS)
    rank = "Insp" if in_team == 0 else "Sgt" if in_team % 9 == 1 else "PC"
    return Member(0, "REGULAR", rank, store, _team(store, place), frontline=True, trained=True)


def _elsewhere() -> Iterator[Member]:
    """People on no store's books."""
    posts = (
        (plan.OFFICERS_FRONTLINE - plan.OFFICERS_ON_BOOKS, _post("REGULAR", "PC", "Investigation", frontline=True)),
        (plan.OFFICERS_MOBILISABLE, _post("REGULAR", "PC", "Mobilisation list", mobilisable=True)),
        (plan.OFFICERS - plan.OFFICERS_FRONTLINE - plan.OFFICERS_MOBILISABLE, _post("REGULAR", "DC", "Headquarters")),
        (plan.SPECIALS - plan.SPECIALS_ON_BOOKS, _post("SPECIAL", "SC", "Special Constabulary")),
        (plan.PCSOS - plan.PCSOS_ON_BOOKS, _post("PCSO", "PCSO", "Neighbourhoods")),
        (plan.DETENTION, _post("DETENTION_OFFICER", "DO", "Detention")),
        (plan.STAFF, _post("POLICE_STAFF", "Staff", "Headquarters")),
    )  # fmt: skip
    for count, post in posts:
        for _ in range(count):
            yield post


def _post(kind: str, rank: str, team: str, *, frontline: bool = False, mobilisable: bool = False) -> Member:
    trained = frontline or mobilisable
    return Member(0, kind, rank, "", team, frontline, trained, mobilisable)


# ---- who carries -----------------------------------------------------------------------------------


def _give_models(seed: int, people: list[Member]) -> None:
    t10 = [
        plan.STOS_T10 // len(plan.T10_STORES) if each.code in plan.T10_STORES else 0 for each in plan.STORES
    ]
    x2 = apportion(plan.STOS_X2_ONLY, [each.stos - n for each, n in zip(plan.STORES, t10, strict=True)])
    for store, t10_count, x2_count in zip(plan.STORES, t10, x2, strict=True):
        may = [each for each in people if each.store == store.code and each.kind == "REGULAR"]
        special = [each for each in people if each.store == store.code and each.kind == "SPECIAL"][:1]
        chosen = dice(seed, "stos", store.code).sample(may[1:], store.stos - len(special)) + special
        models = ["T10"] * t10_count + ["X2"] * x2_count
        for each, model in zip(chosen, models + ["T7"] * (store.stos - len(models)), strict=True):
            people[each.number] = replace(each, model=model)


def _make_students(seed: int, people: list[Member]) -> None:
    may = [each for each in people if each.store and each.kind == "REGULAR" and each.rank == "PC"]
    rng = dice(seed, "students")
    carrying = rng.sample([each for each in may if each.model == "T7"], STUDENTS_WITH_CED)
    others = rng.sample([each for each in may if not each.model], STUDENTS_WITHOUT_CED)
    for each in carrying + others:
        people[each.number] = replace(each, kind="STUDENT")


# ---- names and numbers -----------------------------------------------------------------------------

COLLARS = {"REGULAR": 1000, "STUDENT": 1000, "SPECIAL": 7000, "PCSO": 8000, "DETENTION_OFFICER": 9000}
"""Kind -> the first of its collar numbers; officers share one range."""


def _named(seed: int, people: Sequence[Member]) -> Iterator[Member]:
    rng = dice(seed, "names")
    cards = dice(seed, "cards").sample(range(2**32), len(people))
    collars = dice(seed, "collars").sample(range(plan.OFFICERS), plan.OFFICERS)
    given = dict.fromkeys(COLLARS.values(), 0)
    for each in people:
        first = COLLARS.get(each.kind)
        collar = ""
        if first is not None:
            place = given[first]
            given[first] += 1
            collar = str(first + (collars[place] if first == COLLARS["REGULAR"] else place))
        yield replace(
            each,
            given_name=rng.choice(names.GIVEN),
            family_name=rng.choice(names.FAMILY),
            collar=collar,
            card=f"4B{cards[each.number]:08X}",
        )
