"""A storm: hundreds of thousands of acts by many hands, a good half of them wrong, while instances are killed.

`python -m tests.storm.storm ACTS KILLS sqlite|postgresql` is what `scripts/campaign-storm` runs.
One rule for the editor: the clients are processes of their own, and nothing here tells them what is allowed.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import synthetic
from tests.faults.service_process import ServiceProcess, quick_to_start, until
from tests.house.source_tree import TOP
from tests.leash import leash
from tests.postgresql_server import running_server
from tests.storm import world as worlds
from tests.storm.client import Plan
from tests.storm.reckoning import Reckoning, reckon
from tests.storm.world import World

LOOKS_S = 0.05


@dataclass(frozen=True)
class Size:
    """How much of a storm: acts, kills, client processes with their hands, officers, CED sets."""

    acts: int
    kills: int
    clients: int = 6
    hands_each: int = 8
    officers: int = 600
    sets: int = 350


@dataclass
class Storm:
    """Instances, clients, and what becomes of them."""

    url: str
    folder: Path
    size: Size
    seed: int
    instances: int
    services: list[ServiceProcess] = field(default_factory=list)
    clients: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: int = 0
    told: int = 0
    read_to: dict[str, int] = field(default_factory=dict)

    def blow(self) -> World:
        """Everything from an empty database to the last answer."""
        size = self.size
        world = worlds.build(self.url, size.officers, size.sets, size.clients * size.hands_each)
        world.save(self.folder / "world.json")
        began_ns = time.time_ns()
        for n in range(self.instances):
            (self.folder / f"instance-{n}").mkdir()
            self.services.append(ServiceProcess(self.folder / f"instance-{n}", self.url, began_ns=began_ns))
        try:
            for each in self.services:
                each.start(wait=False)
            for each in self.services:
                until(each.is_ready, "an instance")
            self._let_clients_in(began_ns)
            self._kill_while_they_work()
        finally:
            for client in self.clients:
                client.kill()
                client.wait()
            for each in self.services:
                each.kill()
        return world

    def _let_clients_in(self, began_ns: int) -> None:
        size = self.size
        each = max(1, size.acts // (size.clients * size.hands_each))
        ports = [service.port for service in self.services]
        plan = Plan(ports, began_ns, synthetic.PASSWORD, self.seed, size.hands_each, each)
        (self.folder / "plan.json").write_text(json.dumps(asdict(plan)))
        for n in range(size.clients):
            command = [*leash(), sys.executable, "-m", "tests.storm.client", str(self.folder), str(n)]
            with (self.folder / f"client-{n}.log").open("wb") as log:
                self.clients.append(
                    subprocess.Popen(command, cwd=TOP, env=quick_to_start(), stdout=log, stderr=log)
                )

    def _kill_while_they_work(self) -> None:
        dice = random.Random(self.seed)
        due = [self.size.acts * (n + 1) // (self.size.kills + 1) for n in range(self.size.kills)]
        while any(client.poll() is None for client in self.clients):
            if due and self._told() >= due[0]:
                due.pop(0)
                victim = dice.choice(self.services)
                victim.kill()
                self.killed += 1
                time.sleep(dice.uniform(0.0, 0.5))
                victim.start()
            time.sleep(LOOKS_S)
        for n, client in enumerate(self.clients):
            assert client.returncode == 0, (self.folder / f"client-{n}.log").read_text()[-2000:]

    def _told(self) -> int:
        """How many acts were answered so far; reads on from where it stopped, for the notes grow long."""
        for path in self.folder.glob("told-*.jsonl"):
            with path.open("rb") as notes:
                notes.seek(self.read_to.get(path.name, 0))
                self.told += notes.read().count(b"\n")
                self.read_to[path.name] = notes.tell()
        return self.told


def tally(made: Reckoning) -> str:
    """What the storm was like, in a few words."""
    codes = Counter(each.code for each in made.told)
    wrong = sum(count for code, count in codes.items() if code >= 400)
    again = sum(each.times > 1 for each in made.told)
    return (
        f"{len(made.told)} acts, {100 * wrong // max(1, len(made.told))} % refused, {again} asked more than once,"
        f" answers {dict(sorted(codes.items()))}, {len(made.rows)} movements, {len(made.decisions)} decisions"
    )


def run(url: str, folder: Path, size: Size, instances: int, seed: int) -> Reckoning:
    """One storm on so many instances, and its reckoning; AssertionError names what does not agree."""
    storm = Storm(url, folder, size, seed, instances)
    began = time.monotonic()
    world = storm.blow()
    blown = time.monotonic() - began
    made, wrong = reckon(url, folder, world)
    print(f"{tally(made)}; {storm.killed} kills of {storm.instances}; {blown:.0f} s, seed {seed}", flush=True)
    assert not wrong, f"{len(wrong)} things do not agree: {[*Counter(each.split()[-1] for each in wrong)]} {wrong[:10]}"
    assert storm.killed == size.kills
    return made


def main(acts: int, kills: int, kind: str) -> None:
    """The long form."""
    seed = random.randrange(2**32)
    with tempfile.TemporaryDirectory(prefix="kit-storm-") as name:
        if kind == "postgresql":
            with running_server() as address:
                run(address.format(database="postgres"), Path(name), Size(acts, kills), 3, seed)
        else:
            run(f"sqlite:///{name}/kit.sqlite3", Path(name), Size(acts, kills), 1, seed)
    print(f"{kind}: nothing missing, nothing twice, nothing given or refused without reason; the audit is clean")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "sqlite")
