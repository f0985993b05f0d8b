"""The numbers of LLRP 1.0.1, and the fields of each message and parameter that is read or written here.

One rule for the editor: tables only. A number stands here once, as the standard gives it (chapter 16.1 and 16.2).

A field is (name, kind); the kinds are those of `devices.llrp.messages`. Bits that share a byte are one number here.
A parameter that is not listed is skipped by its own length. Types below 128 are TV: one byte of type, no length, so
all of them must be known.
"""

from typing import NamedTuple

VERSION = 1

GET_READER_CAPABILITIES, GET_READER_CONFIG, SET_READER_CONFIG = 1, 2, 3
GET_READER_CAPABILITIES_RESPONSE, GET_READER_CONFIG_RESPONSE = 11, 12
CLOSE_CONNECTION, CLOSE_CONNECTION_RESPONSE = 14, 4
ADD_ROSPEC, DELETE_ROSPEC, START_ROSPEC, STOP_ROSPEC, ENABLE_ROSPEC = 20, 21, 22, 23, 24
DELETE_ACCESSSPEC = 41
RO_ACCESS_REPORT, KEEPALIVE, READER_EVENT_NOTIFICATION, ENABLE_EVENTS_AND_REPORTS = 61, 62, 63, 64
KEEPALIVE_ACK, ERROR_MESSAGE, CUSTOM_MESSAGE = 72, 100, 1023
RESPONSE = 10
"""What is added to a request's type in its response. CLOSE_CONNECTION alone has another."""

ANTENNA_ID, FIRST_SEEN_UTC, LAST_SEEN_UTC, PEAK_RSSI, TAG_SEEN_COUNT = 1, 2, 4, 6, 8
C1G2_PC, EPC_96 = 12, 13
TIMES = frozenset((128, 129))
GENERAL_CAPABILITIES = 137
ROSPEC, BOUNDARY, START_TRIGGER, STOP_TRIGGER = 177, 178, 179, 182
AISPEC, AI_STOP_TRIGGER, INVENTORY = 183, 184, 186
KEEPALIVE_SPEC, ANTENNA_PROPERTIES, ANTENNA_CONFIGURATION, EVENTS_AND_REPORTS = 220, 221, 222, 226
REPORT_SPEC, CONTENT_SELECTOR, TAG_REPORT, EPC_DATA = 237, 238, 240, 241
EVENT_SPEC, EVENT_STATE, EVENT_DATA = 244, 245, 246
ROSPEC_EVENT, BUFFER_OVERFLOW, READER_EXCEPTION = 249, 251, 252
ANTENNA_EVENT, CONNECTION_ATTEMPT, CONNECTION_CLOSE = 255, 256, 257
LLRP_STATUS, FIELD_ERROR, PARAMETER_ERROR = 287, 288, 289
INVENTORY_COMMAND, SINGULATION_CONTROL, EPC_MEMORY_SELECTOR = 330, 336, 348
CUSTOM = 1023

TV_MAX, TLV_MAX = 127, 1023

Layout = tuple[tuple[str, str], ...]


class Shape(NamedTuple):
    """The name of a message or parameter, its fields in order, and whether parameters follow them."""

    name: str
    fields: Layout = ()
    holds: bool = False


_ID = (("rospec", "u32"),)
_TIME = (("us", "u64"),)
_NUMBER = (("number", "u16"),)
_ACCESS_ID = (("accessspec", "u32"),)

MESSAGES: dict[int, Shape] = {
    1: Shape("GET_READER_CAPABILITIES", (("asked", "u8"),), holds=True),
    2: Shape(
        "GET_READER_CONFIG", (("antenna", "u16"), ("asked", "u8"), ("gpi", "u16"), ("gpo", "u16")), holds=True
    ),
    3: Shape("SET_READER_CONFIG", (("reset", "u8"),), holds=True),
    4: Shape("CLOSE_CONNECTION_RESPONSE", holds=True),
    11: Shape("GET_READER_CAPABILITIES_RESPONSE", holds=True),
    12: Shape("GET_READER_CONFIG_RESPONSE", holds=True),
    13: Shape("SET_READER_CONFIG_RESPONSE", holds=True),
    14: Shape("CLOSE_CONNECTION"),
    20: Shape("ADD_ROSPEC", holds=True),
    21: Shape("DELETE_ROSPEC", _ID),
    22: Shape("START_ROSPEC", _ID),
    23: Shape("STOP_ROSPEC", _ID),
    24: Shape("ENABLE_ROSPEC", _ID),
    25: Shape("DISABLE_ROSPEC", _ID),
    26: Shape("GET_ROSPECS"),
    30: Shape("ADD_ROSPEC_RESPONSE", holds=True),
    31: Shape("DELETE_ROSPEC_RESPONSE", holds=True),
    32: Shape("START_ROSPEC_RESPONSE", holds=True),
    33: Shape("STOP_ROSPEC_RESPONSE", holds=True),
    34: Shape("ENABLE_ROSPEC_RESPONSE", holds=True),
    35: Shape("DISABLE_ROSPEC_RESPONSE", holds=True),
    36: Shape("GET_ROSPECS_RESPONSE", holds=True),
    40: Shape("ADD_ACCESSSPEC", holds=True),
    41: Shape("DELETE_ACCESSSPEC", _ACCESS_ID),
    42: Shape("ENABLE_ACCESSSPEC", _ACCESS_ID),
    43: Shape("DISABLE_ACCESSSPEC", _ACCESS_ID),
    44: Shape("GET_ACCESSSPECS"),
    50: Shape("ADD_ACCESSSPEC_RESPONSE", holds=True),
    51: Shape("DELETE_ACCESSSPEC_RESPONSE", holds=True),
    52: Shape("ENABLE_ACCESSSPEC_RESPONSE", holds=True),
    53: Shape("DISABLE_ACCESSSPEC_RESPONSE", holds=True),
    54: Shape("GET_ACCESSSPECS_RESPONSE", holds=True),
    60: Shape("GET_REPORT"),
    61: Shape("RO_ACCESS_REPORT", holds=True),
    62: Shape("KEEPALIVE"),
    63: Shape("READER_EVENT_NOTIFICATION", holds=True),
    64: Shape("ENABLE_EVENTS_AND_REPORTS"),
    72: Shape("KEEPALIVE_ACK"),
    100: Shape("ERROR_MESSAGE", holds=True),
    1023: Shape("CUSTOM_MESSAGE", (("vendor", "u32"), ("subtype", "u8"), ("data", "rest"))),
}
"""Every message of LLRP 1.0.1, both ways."""

PARAMETERS: dict[int, Shape] = {
    # TV. 19 and 20 are of LLRP 1.1, whose readers may send them.
    1: Shape("AntennaID", _NUMBER),
    2: Shape("FirstSeenTimestampUTC", _TIME),
    3: Shape("FirstSeenTimestampUptime", _TIME),
    4: Shape("LastSeenTimestampUTC", _TIME),
    5: Shape("LastSeenTimestampUptime", _TIME),
    6: Shape("PeakRSSI", (("dbm", "s8"),)),
    7: Shape("ChannelIndex", _NUMBER),
    8: Shape("TagSeenCount", _NUMBER),
    9: Shape("ROSpecID", _ID),
    10: Shape("InventoryParameterSpecID", _NUMBER),
    11: Shape("C1G2CRC", _NUMBER),
    12: Shape("C1G2PC", _NUMBER),
    13: Shape("EPC-96", (("epc", "u96"),)),
    14: Shape("SpecIndex", _NUMBER),
    15: Shape("ClientRequestOpSpecResult", _NUMBER),
    16: Shape("AccessSpecID", _ACCESS_ID),
    17: Shape("OpSpecID", _NUMBER),
    18: Shape("C1G2SingulationDetails", (("collisions", "u16"), ("empty", "u16"))),
    19: Shape("C1G2XPCW1", _NUMBER),
    20: Shape("C1G2XPCW2", _NUMBER),
    # TLV
    128: Shape("UTCTimestamp", _TIME),
    129: Shape("Uptime", _TIME),
    137: Shape(
        "GeneralDeviceCapabilities",
        (("antennas", "u16"), ("flags", "u16"), ("vendor", "u32"), ("model", "u32"), ("firmware", "text")),
        holds=True,
    ),
    177: Shape("ROSpec", (("rospec", "u32"), ("priority", "u8"), ("state", "u8")), holds=True),
    178: Shape("ROBoundarySpec", holds=True),
    179: Shape("ROSpecStartTrigger", (("type", "u8"),), holds=True),
    182: Shape("ROSpecStopTrigger", (("type", "u8"), ("duration_ms", "u32")), holds=True),
    183: Shape("AISpec", (("antennas", "u16s"),), holds=True),
    184: Shape("AISpecStopTrigger", (("type", "u8"), ("duration_ms", "u32")), holds=True),
    186: Shape("InventoryParameterSpec", (("number", "u16"), ("protocol", "u8")), holds=True),
    218: Shape("Identification", (("type", "u8"), ("reader", "bytes"))),
    220: Shape("KeepaliveSpec", (("type", "u8"), ("period_ms", "u32"))),
    221: Shape("AntennaProperties", (("connected", "u8"), ("antenna", "u16"), ("gain", "s16"))),
    222: Shape("AntennaConfiguration", (("antenna", "u16"),), holds=True),
    223: Shape("RFReceiver", _NUMBER),
    224: Shape("RFTransmitter", (("hop_table", "u16"), ("channel", "u16"), ("power", "u16"))),
    226: Shape("EventsAndReports", (("hold", "u8"),)),
    237: Shape("ROReportSpec", (("trigger", "u8"), ("n", "u16")), holds=True),
    238: Shape("TagReportContentSelector", (("flags", "u16"),), holds=True),
    239: Shape("AccessReportSpec", (("trigger", "u8"),)),
    240: Shape("TagReportData", holds=True),
    241: Shape("EPCData", (("epc", "bits"),)),
    244: Shape("ReaderEventNotificationSpec", holds=True),
    245: Shape("EventNotificationState", (("type", "u16"), ("on", "u8"))),
    246: Shape("ReaderEventNotificationData", holds=True),
    248: Shape("GPIEvent", (("port", "u16"), ("on", "u8"))),
    249: Shape("ROSpecEvent", (("type", "u8"), ("rospec", "u32"), ("preempting", "u32"))),
    250: Shape("ReportBufferLevelWarningEvent", (("percent", "u8"),)),
    251: Shape("ReportBufferOverflowErrorEvent"),
    252: Shape("ReaderExceptionEvent", (("message", "text"),), holds=True),
    254: Shape("AISpecEvent", (("type", "u8"), ("rospec", "u32"), ("index", "u16")), holds=True),
    255: Shape("AntennaEvent", (("connected", "u8"), ("antenna", "u16"))),
    256: Shape("ConnectionAttemptEvent", (("outcome", "u16"),)),
    257: Shape("ConnectionCloseEvent"),
    287: Shape("LLRPStatus", (("code", "u16"), ("description", "text")), holds=True),
    288: Shape("FieldError", (("field", "u16"), ("code", "u16"))),
    289: Shape("ParameterError", (("parameter", "u16"), ("code", "u16")), holds=True),
    330: Shape("C1G2InventoryCommand", (("state_aware", "u8"),), holds=True),
    335: Shape("C1G2RFControl", (("mode", "u16"), ("tari", "u16"))),
    336: Shape(
        "C1G2SingulationControl", (("session", "u8"), ("population", "u16"), ("transit", "u32")), holds=True
    ),
    348: Shape("C1G2EPCMemorySelector", (("flags", "u8"),)),
    1023: Shape("Custom", (("vendor", "u32"), ("subtype", "u32"), ("data", "rest"))),
}
"""The parameters that are read or written here, and all that are TV."""

CODES: dict[int, str] = {
    0: "success", 100: "parameter error", 101: "field error", 102: "unexpected parameter", 103: "missing parameter",
    104: "duplicate parameter", 105: "too many parameters", 106: "field overflow", 107: "unknown parameter",
    108: "unknown field", 109: "unsupported message", 110: "unsupported version", 111: "unsupported parameter",
    200: "parameter error", 201: "field error", 202: "unexpected parameter", 203: "missing parameter",
    204: "duplicate parameter", 205: "too many parameters", 206: "field overflow", 207: "unknown parameter",
    208: "unknown field", 209: "unsupported parameter", 300: "invalid value", 301: "value out of range",
    401: "device error",
}  # fmt: skip
"""What an LLRPStatus may say (14.2.1): 1xx of the message, 2xx of a parameter, 3xx of a field, 401 of the reader."""

VENDORS: dict[int, str] = {161: "Motorola", 10642: "Zebra", 17996: "Alien", 25882: "Impinj"}
"""IANA private enterprise numbers of makers, as a reader gives them."""
