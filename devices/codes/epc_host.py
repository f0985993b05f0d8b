"""The host name that a "++" scheme carries behind its key (TDS 2.3, 14.5.16). It is read, shown, and never asked.

    1 | 001001 | id.  e x a m p l e  .com      7-bit characters, of which some stand for a whole word
    0 | 001110 | 5 x 16 bits                   URN Code 40: three characters in 16 bits

One rule for the editor: the length counts 7-bit units, so the name's end is known even where a unit is not.
"""

_WORDS = {
    0x1E: "qr.", 0x1F: "www.", 0x20: "id.", 0x5B: ".com", 0x5C: ".org", 0x5D: ".net", 0x5E: ".int", 0x60: ".edu",
    0x7B: ".gov", 0x7C: ".mil", 0x7D: ".biz", 0x7E: ".eco", 0x7F: ".med",
}  # fmt: skip
"""Table 14-11: units that stand for a word."""

_COUNTRIES_TO_LI = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs bt bw by bz ca "
    "cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj fk fm fo "
    "fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm "
    "jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li"
)
_COUNTRIES_FROM_LK = (
    "lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no "
    "np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn "
    "sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug us uy uz va vc ve vg vi vn vu wf "
    "ws ye yt za zm zw"
)
_SECOND_LEVEL = (
    "com.au net.au org.au co.at com.bd co.bd com.br net.br co.nz com.ng com.pk co.in com.in co.il co.jp co.za co.kr "
    "com.es com.lk co.th co.tt com.tt com.tr biz.tr com.ua co.uk co.zm com.zm com.cn org.cn net.cn gov.cn"
)
_ENDINGS = tuple(table.split() for table in (_COUNTRIES_TO_LI, _COUNTRIES_FROM_LK, _SECOND_LEVEL, "tech"))
"""Tables 14-12 to 14-15: a unit of 0 to 3 and the next one stand for an ending together."""

_PLAIN = frozenset("-.0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def read_units(value: int, length: int) -> str | None:
    """The name in `length` units of 7 bits; None where a unit means nothing."""
    units = [value >> 7 * at & 0x7F for at in range(length - 1, -1, -1)]
    name, at = "", 0
    while at < length:
        unit = units[at]
        if unit < len(_ENDINGS):
            ending = _ENDINGS[unit]
            if at + 1 >= length or units[at + 1] >= len(ending):
                return None
            name += "." + ending[units[at + 1]]
            at += 2
        elif unit in _WORDS or chr(unit) in _PLAIN:
            name += _WORDS.get(unit) or chr(unit)
            at += 1
        else:
            return None
    return name
