"""RFID readers of cards, fobs and tags, one family a file."""
