"""Every driver by its name in configuration.

One rule for the editor: two lines a driver, an import and an entry.
"""

from devices.driver import Driver
from devices.drivers.docks import axis_body_worn, cambrionix, dhcp_dock, mqtt_dock, usb_dock
from devices.drivers.rfid import (
    em4100,
    impinj_r700,
    llrp,
    m100,
    mercury,
    pcsc_card_reader,
    r2000,
    serial_card_reader,
    uhfreader18,
    zebra_iot,
)
from devices.drivers.scanners import hid_pos_scanner, scan_engine, sci_scanner, serial_scanner, ssi_scanner

DRIVERS: dict[str, Driver] = {
    axis_body_worn.NAME: axis_body_worn.DRIVER,
    cambrionix.NAME: cambrionix.DRIVER,
    dhcp_dock.NAME: dhcp_dock.DRIVER,
    em4100.NAME: em4100.DRIVER,
    hid_pos_scanner.NAME: hid_pos_scanner.DRIVER,
    impinj_r700.NAME: impinj_r700.DRIVER,
    llrp.NAME: llrp.DRIVER,
    m100.NAME: m100.DRIVER,
    mercury.NAME: mercury.DRIVER,
    mqtt_dock.NAME: mqtt_dock.DRIVER,
    pcsc_card_reader.NAME: pcsc_card_reader.DRIVER,
    r2000.NAME: r2000.DRIVER,
    scan_engine.NAME: scan_engine.DRIVER,
    sci_scanner.NAME: sci_scanner.DRIVER,
    serial_card_reader.NAME: serial_card_reader.DRIVER,
    serial_scanner.NAME: serial_scanner.DRIVER,
    ssi_scanner.NAME: ssi_scanner.DRIVER,
    uhfreader18.NAME: uhfreader18.DRIVER,
    usb_dock.NAME: usb_dock.DRIVER,
    zebra_iot.NAME: zebra_iot.DRIVER,
}
