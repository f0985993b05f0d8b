"""Every driver by its name in configuration.

One rule for the editor: two lines a driver, an import and an entry.
"""

from devices.driver import Driver
from devices.drivers.docks import mqtt_dock
from devices.drivers.rfid import em4100
from devices.drivers.scanners import serial_scanner

DRIVERS: dict[str, Driver] = {
    em4100.NAME: em4100.DRIVER,
    mqtt_dock.NAME: mqtt_dock.DRIVER,
    serial_scanner.NAME: serial_scanner.DRIVER,
}
