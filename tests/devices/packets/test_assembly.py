"""Packets into scans: each scan once, whole or not at all."""

from devices.framing import FRAME_BYTES_MAX
from devices.packets.assembly import INCOMPLETE, REPEAT_S, REST_S, RESYNC, TOO_LONG, Assembly, Scan
from devices.packets.ssi import SsiPacket


def packet(text: str, *, again: bool = False, more: bool = False) -> SsiPacket:
    return SsiPacket(0xF3, text.encode(), again=again, more=more)


def take(assembly: Assembly, it: SsiPacket, at_s: float = 0.0) -> Scan | None:
    return assembly.take(it, b"<" + it.data + b">", at_s)


def fresh() -> Assembly:
    return Assembly(lambda it: it.data)


def test_one_packet_is_one_scan() -> None:
    assert take(fresh(), packet("X3")) == Scan(b"X3", b"<X3>")


def test_a_long_scan_comes_in_parts() -> None:
    assembly = fresh()
    assert take(assembly, packet("01095", more=True)) is None
    assert take(assembly, packet("06000", more=True)) is None
    assert take(assembly, packet("134352")) == Scan(b"0109506000134352", b"<01095><06000><134352>")


def test_two_equal_scans_are_two_and_a_repetition_is_none() -> None:
    assembly = fresh()
    assert take(assembly, packet("X3")) is not None
    assert take(assembly, packet("X3", again=True)) is None
    assert take(assembly, packet("X3", again=True), 4.0) is None
    assert assembly.repeated == 2
    assert take(assembly, packet("X3"), 5.0) == Scan(b"X3", b"<X3>")


def test_a_repetition_of_something_never_heard_is_a_scan() -> None:
    assembly = fresh()
    assert take(assembly, packet("X3", again=True)) == Scan(b"X3", b"<X3>")
    assert take(assembly, packet("X4", again=True)) == Scan(b"X4", b"<X4>")


def test_a_repetition_that_comes_long_after_is_one_of_a_scan_that_was_lost() -> None:
    assembly = fresh()
    take(assembly, packet("X3"))
    assert take(assembly, packet("X3", again=True), REPEAT_S) == Scan(b"X3", b"<X3>")


def test_the_same_code_scanned_again_and_broken_on_the_way_is_a_second_scan() -> None:
    assembly = fresh()
    take(assembly, packet("X3"))
    assembly.missed(is_new_scan=True)
    assert take(assembly, packet("X3", again=True)) == Scan(b"X3", b"<X3>")


def test_noise_does_not_make_two_scans_of_one() -> None:
    assembly = fresh()
    take(assembly, packet("X3"))
    assembly.missed(is_new_scan=False)
    assert take(assembly, packet("X3", again=True)) is None


def test_a_repeated_part_is_not_put_in_twice_and_two_equal_parts_are_both_put_in() -> None:
    assembly = fresh()
    take(assembly, packet("AB", more=True))
    take(assembly, packet("AB", more=True, again=True))
    take(assembly, packet("AB", more=True))
    assert take(assembly, packet("C")) == Scan(b"ABABC", b"<AB><AB><C>")


def test_a_part_that_was_broken_and_came_again_completes_the_scan() -> None:
    assembly = fresh()
    take(assembly, packet("AB", more=True))
    assembly.missed(is_new_scan=True)
    take(assembly, packet("CD", more=True, again=True))
    assert take(assembly, packet("EF")) == Scan(b"ABCDEF", b"<AB><CD><EF>")


def test_a_scan_that_lacks_a_part_is_given_up_to_its_end() -> None:
    assembly = fresh()
    take(assembly, packet("AB", more=True))
    assembly.missed(is_new_scan=True)
    assert take(assembly, packet("EF", more=True)) is None
    assert take(assembly, packet("GH")) == Scan(b"ABEFGH", b"<AB><EF><GH>", INCOMPLETE)
    assert take(assembly, packet("X3")) == Scan(b"X3", b"<X3>")


def test_a_rest_that_stays_away_is_waited_for_no_longer() -> None:
    assembly = fresh()
    take(assembly, packet("AB", more=True), 1.0)
    assert assembly.tick(1.0 + REST_S - 0.1) is None
    assert assembly.tick(1.0 + REST_S) == Scan(b"AB", b"<AB>", INCOMPLETE)
    assert assembly.tick(99.0) is None
    assert take(assembly, packet("X3"), 99.0) == Scan(b"X3", b"<X3>")


def test_a_rest_that_comes_after_all_is_never_taken_for_a_whole_scan() -> None:
    for late in ([packet("CD", again=True)], [packet("AB", again=True, more=True), packet("CD")]):
        assembly = fresh()
        take(assembly, packet("AB", more=True))
        assembly.tick(REST_S)
        scans = [take(assembly, it, REST_S + 1.0) for it in late]
        last = scans.pop()
        assert scans in ([], [None])
        assert last is not None
        assert last.fault == RESYNC


def test_a_scan_without_end_is_cut_and_costs_no_memory() -> None:
    assembly = fresh()
    for number in range(100):
        assert take(assembly, packet(f"{number:>200}", more=True)) is None
    scan = take(assembly, packet("end"))
    assert scan is not None
    assert (len(scan.data), len(scan.frame), scan.fault) == (FRAME_BYTES_MAX, FRAME_BYTES_MAX, TOO_LONG)
    assert take(assembly, packet("X3")) == Scan(b"X3", b"<X3>")
