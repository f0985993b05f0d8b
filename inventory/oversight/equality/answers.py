"""What may be declared: the characteristics and, for each, the few answers that are counted.

One rule for the editor: an answer that stands in figures is never renamed. Whoever declared nothing, or took it back,
is counted as NOT_DECLARED, so that the parts of a whole always add up.

Source: Equality Act 2010 s.4; design `domain.md` 6, row B15. The answers are coarse on purpose: fewer are told apart,
more can be told.
"""

from inventory.schema.words import CHARACTERISTICS

NOT_DECLARED = "NOT_DECLARED"
UNSAID = "PREFER_NOT_TO_SAY"
TAKEN_BACK = "WITHDRAWN"
"""What a file says of somebody who takes a declaration back."""
YES_NO = ("YES", "NO", UNSAID)
ANSWERS: dict[str, tuple[str, ...]] = {
    "AGE": ("UNDER_26", "26_TO_35", "36_TO_45", "46_TO_55", "OVER_55", UNSAID),
    "DISABILITY": YES_NO,
    "ETHNICITY": ("ASIAN", "BLACK", "MIXED", "WHITE", "OTHER", UNSAID),
    "GENDER": ("FEMALE", "MALE", "OTHER", UNSAID),
    "GENDER_REASSIGNMENT": YES_NO,
    "NATIONALITY": ("BRITISH", "IRISH_OR_EUROPEAN", "OTHER", UNSAID),
    "RELIGION": ("NONE", "BUDDHIST", "CHRISTIAN", "HINDU", "JEWISH", "MUSLIM", "SIKH", "OTHER", UNSAID),
    "SEXUAL_ORIENTATION": ("BISEXUAL", "GAY_OR_LESBIAN", "HETEROSEXUAL", "OTHER", UNSAID),
}
assert tuple(ANSWERS) == CHARACTERISTICS, "every characteristic has its answers"

NESTED: dict[str, str] = {
    "OFFERED": "SERVING", "ATTENDED": "SERVING", "PASSED": "ATTENDED", "AUTHORISED": "SERVING",
    "SUSPENDED": "SERVING", "ASKED": "SERVING", "DENIED": "ASKED",
}  # fmt: skip
"""Measure -> of whom it is a part: what is left over is told by subtraction, and must be as many."""
WHOLE = "SERVING"
MEANS: dict[str, str] = {
    "SERVING": "Serving on any day of the quarter",
    "OFFERED": "Offered a seat on a course that was held in the quarter",
    "ATTENDED": "Attended a course in the quarter",
    "PASSED": "Passed at least one course in the quarter",
    "AUTHORISED": "Given an authority to carry that began in the quarter",
    "SUSPENDED": "Had an authority to carry suspended in the quarter",
    "ASKED": "Asked for kit for duty in the quarter",
    "DENIED": "Was refused kit at least once in the quarter",
}
