"""Docks and chargers, one family a file."""
