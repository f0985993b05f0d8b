"""USB HID without a device: report descriptors, and the layout of bar code reports in them."""
