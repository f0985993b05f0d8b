"""State machines of Hypothesis run on a database: acts in any order, held against a model.

One rule for the editor: the suite plays the same runs every time, so that it says the same of the same code; looking
for new ones is `scripts/campaign-orders`, which sets KITSTORE_EXPLORE.
"""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EXPLORE = int(os.environ.get("KITSTORE_EXPLORE", "0"))
"""How many times as many runs, new ones each time; 0: the suite's."""

_PHASES = tuple(Phase) if EXPLORE else (Phase.explicit, Phase.generate)
"""Making a failing run shorter takes minutes on a database; the suite shows it as it was found."""


def play(machine: type[RuleBasedStateMachine], url: str, *, sqlite: int, postgresql: int, steps: int) -> None:
    """Play that many runs of a machine, of up to `steps` acts each, on the kind of database that `url` names."""
    runs = sqlite if url.startswith("sqlite") else postgresql
    chosen = settings(
        max_examples=runs * max(1, EXPLORE),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=_PHASES,
    )
    run: Any = run_state_machine_as_test  # it has no types
    run(machine, settings=chosen)
