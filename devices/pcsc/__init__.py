"""PC/SC without a reader: what a card's answer to reset says, and the few bytes that ask for its number."""
