"""Who may sign in to the demo, and as what. Names, passwords and PINs are as fictional as the people.

One rule for the editor: no real force may use these; they exist only in a database that the demo made.
"""

from dataclasses import dataclass

PASSWORD = "fictional-kit-4417"  # noqa: S105 - printed at every start of the demo
PIN = "250317"


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """One sign-in: its name, the capability and store ("" force-wide) of the person it is given to, the how-manyth
    of those, and what to do with it. Without a capability it is an officer; then `sort` says which."""

    name: str
    capability: str
    store: str
    number: int
    shows: str
    sort: str = ""


SIGN_INS = (
    DemoSignIn(
        "storekeeper", "ISSUER", "ME", 0, "issues at Medway's hatch (the demo plays this one; watch it)"
    ),
    DemoSignIn("relief", "ISSUER", "ME", 1, "another Medway storekeeper, for a hatch of your own"),
    DemoSignIn("sergeant", "SUPERVISOR", "ME", 0, "overrides a soft refusal at Medway, with a reason"),
    DemoSignIn("manager", "STORE_MANAGER", "ME", 0, "Medway's store manager: shelf, docks, alarms, kiosks"),
    DemoSignIn("trainer", "TRAINING_RECORDER", "", 0, "hands in training results"),
    DemoSignIn("technician", "TECHNICIAN", "", 0, "places and lifts holds, takes vendors' files in"),
    DemoSignIn("spoc", "CED_SPOC", "", 0, "looks after permissions to carry"),
    DemoSignIn("auditor", "AUDITOR", "", 0, "reads everything, changes nothing"),
    DemoSignIn("logreader", "LOG_READER", "", 0, "reads who looked at whom"),
    DemoSignIn("administrator", "ADMINISTRATOR", "", 0, "sign-ins, bridges, kiosks"),
    DemoSignIn("planner", "PLANNER", "", 0, "mobilisation, what-if, redistribution"),
    DemoSignIn("policy", "POLICY_OWNER", "", 0, "proposes a change of policy"),
    DemoSignIn("board", "POLICY_OWNER", "", 1, "approves what the other owner of policy proposed"),
    DemoSignIn("equality", "EQUALITY_ANALYST", "", 0, "publishes and reads figures that are about nobody"),
    DemoSignIn("records", "RECORDS_MANAGER", "", 0, "retention, subject access, disposal"),
    DemoSignIn("archivist", "RECORDS_MANAGER", "", 1, "approves what the other records manager proposed"),
    DemoSignIn("officer", "", "ME", 5, "a Medway officer with a TASER: own kit and training", "T7"),
    DemoSignIn("lapsed", "", "ME", 0, "a Medway officer whose TASER course has lapsed", "CED LAPSED"),
)
