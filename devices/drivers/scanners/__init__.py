"""Barcode scanners, one family a file."""
