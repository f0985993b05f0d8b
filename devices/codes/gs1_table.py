"""The GS1 application identifiers: how long each is, what it may hold, and what it must stand beside.

One rule for the editor: every row is a fact of the GS1 General Specifications (section 3; section 4.14 for
associations), so change it with the standard and with nothing else. One unknown identifier would cost the
whole label, so the table holds all of them; contents are checked where a kit store acts on them (keys, check
digits, dates), and by length and character set elsewhere.

    columns   identifiers | form | needs one of | never beside
    form      N6 six digits · N..8 up to eight · X..20 up to twenty of set 82 · Y set 39 · Z file-safe base 64
              [ ] optional · after a colon the checks: digit (mod 10), prefix (starts with a company prefix),
              day0 (YYMMDD, DD may be 00), day (YYMMDD), time (hhmm), zero, part (piece of total)
    needs     a+b means both; 31* means any identifier that begins with 31
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TABLE = """
00        | N18:digit               |                        |
01        | N14:digit               |                        | 255,37
02        | N14:digit               | 37                     | 01,03
03        | N14:digit               |                        | 01,02,37,235
10        | X..20                   | 01,02,03,8006,8026     |
11,13     | N6:day0                 | 01,02,03,8006,8026     |
12        | N6:day0                 | 8020                   |
15,16     | N6:day0                 | 01,02,03,8006,8026     |
17        | N6:day0                 | 01,02,03,255,8006,8026 |
20        | N2                      | 01,02,03,8006,8026     |
21        | X..20                   | 01,03,8006             | 235
22        | X..20                   | 01                     |
235       | X..28                   | 01                     |
240,241   | X..30                   | 01,02,03,8006,8026     |
242       | N..6                    | 01,02,8006,8026        |
243       | X..20                   | 01,03                  |
250       | X..30                   | 01+21,03+21,8006+21    |
251       | X..30                   | 01,03,8006             |
253       | N13:digit [X..17]       |                        |
254       | X..20                   | 414                    |
255       | N13:digit [N..12]       |                        | 01,02,415,8006,8020,8026
30        | N..8                    | 01,02                  |
310n-316n | N6                      | 01,02                  | same
320n-329n | N6                      | 01,02                  | same
330n-336n | N6                      | 00,01                  | same
337n      | N6                      | 01                     | same
340n-349n | N6                      | 00,01                  | same
350n-352n | N6                      | 01,02                  | same
353n-355n | N6                      | 00,01                  | same
356n-357n | N6                      | 01,02                  | same
360n-361n | N6                      | 01,02                  | same
362n-363n | N6                      | 00,01                  | same
364n-366n | N6                      | 01,02                  | same
367n-369n | N6                      | 00,01                  | same
37        | N..8                    | 00+02,00+8026          |
390m      | N..15                   | 255,8020               | same,391*,394*,8111
391m      | N3 N..15                | 8020                   | same
392m      | N..15                   | 01+30,01+31*,01+32*,01+35*,01+36* | same,393*
393m      | N3 N..15                | 30,31*,32*,35*,36*     | same
394k      | N4                      | 255                    | same,8111
395n      | N6                      | 30,31*,32*,35*,36*     | same,392*,393*,8005
400       | X..30                   |                        |
401       | X..30:prefix            |                        |
402       | N17:digit               |                        |
403       | X..30                   | 00                     |
410-414   | N13:digit               |                        |
415       | N13:digit               | 8020                   |
416,417   | N13:digit               |                        |
420       | X..20                   |                        | 421
421       | N3 X..9                 |                        | 4307
422       | N3                      | 01,02,03,8006,8026     | 426
423,425   | N3 [N3] [N3] [N3] [N3]  | 01,02,03               | 426
424       | N3                      | 01,02,03               | 426
426       | N3                      | 01,02,03               |
427       | X..3                    | 01+422,02+422,03+422   |
4300,4301 | X..35                   | 00                     |
4302      | X..70                   | 00                     |
4303      | X..70                   | 4302                   |
4304-4306 | X..70                   | 00                     |
4307      | X2                      | 00                     |
4308      | X..30                   | 00                     |
4309      | N20                     | 00                     |
4310,4311 | X..35                   | 00                     |
4312      | X..70                   | 00                     |
4313      | X..70                   | 4312                   |
4314-4316 | X..70                   | 00                     |
4317      | X2                      | 00                     |
4318      | X..20                   | 00                     |
4319      | X..30                   | 00                     |
4320      | X..35                   | 00                     |
4321-4323 | N1                      | 00                     |
4324,4325 | N6:day0 N4:time         | 00                     |
4326      | N6:day                  | 00                     |
4330      | N6 [X1]                 | 00                     | 4331
4331      | N6 [X1]                 | 00                     | 4330
4332      | N6 [X1]                 | 00                     | 4333
4333      | N6 [X1]                 | 00                     | 4332
7001      | N13                     | 01,02,8006,8026        |
7002      | X..30                   | 01,02                  |
7003      | N6:day N4:time          | 01,02,03               |
7004      | N..4                    | 01+10,03+10            |
7005      | X..12                   | 01,02                  |
7006      | N6:day                  | 01,02                  |
7007      | N6:day [N6:day]         | 01,02                  |
7008      | X..3                    | 01,02                  |
7009      | X..10                   | 01,02                  |
7010      | X..2                    | 01,02,03               |
7011      | N6:day [N4:time]        | 01,02,03               |
7020      | X..20                   | 01+416,03+416,8006+416 |
7021      | X..20                   | 01,03,8006             |
7022      | X..20                   | 01+7021,03+7021,8006+7021 |
7023      | X..30:prefix            |                        |
7030-7039 | N3 X..27                | 01,02                  |
7040      | N1 X3                   |                        |
7041      | X..4                    | 00                     |
710-717   | X..20                   | 01                     |
7230-7239 | X2 X..28                | 01,8004                |
7240      | X..20                   | 01,8006                | 03
7241      | N2                      | 8017,8018              |
7242      | X..25                   | 8017,8018              |
7250      | N8                      | 8018                   | 7251
7251      | N8 N4:time              | 8018                   | 7250
7252      | N1                      | 8018                   |
7253,7254 | X..40                   | 8017,8018              | 7256,7259
7255      | X..10                   | 8017,8018              | 7256,7259
7256      | X..90                   | 8017,8018              |
7257      | X..70                   | 8018                   |
7258      | X3                      | 8018+7259              |
7259      | X..40                   | 8018                   | 7256
8001      | N14                     | 01                     |
8002      | X..20                   |                        |
8003      | N1:zero N13:digit [X..16] |                      |
8004      | X..30:prefix            |                        |
8005      | N6                      | 01,02                  |
8006      | N14:digit N4:part       |                        | 01,03,37
8007      | X..34                   | 415                    |
8008      | N6:day N2 [N2] [N2]     | 01,02,03               |
8009      | X..50                   | 00,01,03               |
8010      | Y..30:prefix            |                        |
8011      | N..12                   | 8010                   |
8012      | X..20                   | 01,03,8006             |
8013      | X..25:prefix            |                        |
8014      | X..25:prefix            | 01                     |
8017      | N18:digit               |                        | 8018
8018      | N18:digit               |                        | 8017
8019      | N..10                   | 8017,8018              |
8020      | X..25                   | 415                    |
8026      | N14:digit N4:part       | 37                     | 02,03,8006
8030      | Z..90                   | 00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018 |
8040      | N15                     | 01+21                  |
8041      | N15                     | 01+21+8040             |
8042      | N32                     | 01+21+8040             |
8043      | N18 [N..2]              | 01+21+8040             |
8110,8112 | X..70                   |                        |
8111      | N4                      | 255                    |
8200      | X..70                   | 01                     |
90        | X..30                   |                        |
91-99     | X..90                   |                        |
"""

_ALPHABETS = {
    "N": "[0-9]",
    "X": r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]""",
    "Y": "[#\\-/0-9A-Z]",
    "Z": "[\\-0-9A-Z_a-z]",
}
_DIGITS_OF_SUFFIX = {"n": "012345", "m": "0123456789", "k": "0123"}

PREDEFINED_LENGTH = {
    "00", "01", "02", "03", "04", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
    "31", "32", "33", "34", "35", "36", "41",
}  # fmt: skip
"""Identifiers that begin so need no FNC1 after their value (General Specifications 7.8.5, figure 7.8.5-2)."""

_PART = re.compile(r"\[?([NXYZ])(\.\.)?(\d+)(?::(\w+))?\]?")


class Check(NamedTuple):
    """A content check by name over a slice of the value; nothing to do where the slice is empty."""

    name: str
    start: int
    end: int


class Rule(NamedTuple):
    """One identifier. `length` is 0 unless predefined; any one of `alone` satisfies what it needs."""

    ai: str
    form: str
    pattern: re.Pattern[str]
    length: int
    characters_max: int
    checks: tuple[Check, ...]
    needs: tuple[tuple[str, ...], ...]
    alone: frozenset[str]
    never_beside: tuple[str, ...]


def _identifiers(cell: str) -> Iterator[str]:
    """The identifiers of a first column: `11,13`, `91-99`, `310n-316n`."""
    for part in cell.split(","):
        suffix = part[-1] if part[-1] in _DIGITS_OF_SUFFIX else ""
        first, _, last = part.replace(suffix or " ", "").partition("-")
        for number in range(int(first), int(last or first) + 1):
            stem = str(number).zfill(len(first))
            yield from [stem + digit for digit in _DIGITS_OF_SUFFIX[suffix]] if suffix else [stem]


def _compile(form: str) -> tuple[re.Pattern[str], int, tuple[Check, ...]]:
    """The pattern of a form, the most characters it takes, and its checks."""
    pattern, at, checks = "", 0, []
    for part in form.split():
        match = _PART.fullmatch(part)
        if match is None:
            raise AssertionError(f"the table of identifiers has a form it does not know: {form}")
        letter, upto, count, name = match.groups()
        piece = f"{_ALPHABETS[letter]}{{{'1,' if upto else ''}{count}}}"
        pattern += f"(?:{piece})?" if part.startswith("[") else piece
        if name:
            checks.append(Check(name, at, at + int(count)))
        at += int(count)
    return re.compile(pattern), at, tuple(checks)


def _rules() -> Iterator[Rule]:
    for line in _TABLE.strip().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        pattern, characters_max, checks = _compile(cells[1])
        needs = tuple(tuple(group.split("+")) for group in cells[2].split(",") if group)
        alone = frozenset(group[0] for group in needs if len(group) == 1 and "*" not in group[0])
        for ai in _identifiers(cells[0]):
            never = tuple(ai[:3] + "*" if word == "same" else word for word in cells[3].split(",") if word)
            length = characters_max if ai[:2] in PREDEFINED_LENGTH else 0
            yield Rule(ai, cells[1], pattern, length, characters_max, checks, needs, alone, never)


RULES = {rule.ai: rule for rule in _rules()}

AI_LENGTH = {ai[:2]: len(ai) for ai in RULES}
"""How many digits an identifier has, by its first two: no two lengths share a beginning."""
