"""HiGHS as the solver of `inventory.oversight.program`: loaded when somebody asks for suggestions, and not before.

HiGHS is open source (MIT) and solves mixed-integer programs exactly: https://highs.dev. Its Python binding is
`highspy`: https://ergo-code.github.io/HiGHS/stable/interfaces/python/.

One rule for the editor: goals in order are solved one after the other, each best value held while the next is sought;
they are never weighed against each other in one sum.
"""

from collections.abc import Sequence

import highspy

from inventory.oversight.program import Program

SECONDS_MAX = 10.0
"""Far more than the programs of a force take; a solver that would take longer is stopped and says so."""
HALF = 0.5
"""Less than two values of a goal differ by: its factors are whole numbers. Rounding a solver makes is less still."""


def solve(program: Program) -> Sequence[int]:
    """The best whole numbers. Raises ValueError where nothing keeps within the limits, or it takes too long."""
    solver = _solver(program)
    values: list[float] = [0.0] * len(program.most)
    for goal in program.goals:
        values = _best(solver, goal, len(program.most))
        worth = sum(factor * round(values[each]) for each, factor in goal.items())
        numbers = list(goal)
        solver.addRow(-highspy.kHighsInf, worth + HALF, len(numbers), numbers, list(goal.values()))
    return [round(each) for each in values]


def _solver(program: Program) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("time_limit", SECONDS_MAX)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("mip_rel_gap", 0.0)
    for most in program.most:
        solver.addVar(0.0, float(most))
    for number in range(len(program.most)):
        solver.changeColIntegrality(number, highspy.HighsVarType.kInteger)
    for each in program.limits:
        least = -highspy.kHighsInf if each.least is None else each.least
        most_ = highspy.kHighsInf if each.most is None else each.most
        solver.addRow(least, most_, len(each.factors), list(each.factors), list(each.factors.values()))
    return solver


def _best(solver: highspy.Highs, goal: dict[int, float], count: int) -> list[float]:
    for number in range(count):
        solver.changeColCost(number, float(goal.get(number, 0.0)))
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise ValueError(f"no best answer was found: {solver.modelStatusToString(status)}")
    return list(solver.getSolution().col_value)
