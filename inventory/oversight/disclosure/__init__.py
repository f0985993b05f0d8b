"""What leaves the kit store about people, whole and with its hashes: evidence of one draw, the Commissioner's export,
and a person's own data.

One rule for the editor: everything here only reads and gives plain values in a fixed order; whoever asks twice gets the
same content. Who made a copy, when and for whom stands in its header, never in its content.
"""
