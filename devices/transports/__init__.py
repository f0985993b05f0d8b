"""The only files that import serial, paho and their like: bytes in from hardware, bytes out to it.

One rule for the editor: a transport moves bytes and says how the line failed (`devices.errors`); it never
looks inside a frame.
"""
