"""What is answered where somebody may not act on an authority, or it cannot be done as it stands.

One rule for the editor: a bar is a sentence for whoever asked, and names nobody's reasons.
"""


class CarryingRefused(ValueError):
    """Nothing was written down. `bars` say why, each in a sentence; `people` whether it is because of who asks."""

    def __init__(self, bars: list[str], *, people: bool = False) -> None:
        super().__init__(" ".join(bars))
        self.bars, self.people = bars, people
