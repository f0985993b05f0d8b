"""What goes into a pack beside its content: how it is checked, and the verifier that stands alone.

One rule for the editor: whoever is handed a pack needs nothing of ours to check it.
"""

from pathlib import Path

from inventory.oversight import standalone

README = """EVIDENCE OF ONE DRAW

evidence.pdf    to be read
evidence.json   the same, whole: the decision with its facts and reasons, the policy it was made by, training and
                authority as known then and as known now, the kit's life, who was at the hatch
ledger.jsonl    the ledger of each item of the draw, whole, with the signed checkpoints that name it
verify.py       checks ledger.jsonl; needs Python 3 and nothing else
manifest.txt    SHA-256 of each of these files
header.json     about this copy alone: who made it, when, for whom, and the SHA-256 of manifest.txt

To check it:

    sha256sum --check manifest.txt
    python3 verify.py ledger.jsonl --key PUBLIC_KEY_HEX

PUBLIC_KEY_HEX is the public key that the force signs checkpoints with. Have it from the force by another way than this
pack: a pack that brings its own key proves nothing. Without --key the hashes are checked and the signatures are not.

The hash of the content stands in the force's own record of packs. Whoever asks for the same draw again is given the
same content, until something new is written down about its kit; then the record shows both.
"""


def verifier_source() -> bytes:
    """The verifier's own source."""
    return Path(standalone.__file__).read_bytes()
