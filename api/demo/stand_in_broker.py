"""The stand-in message broker, a process of its own: `python -m api.demo.stand_in_broker HOST PORT`.

One rule for the editor: it is the demo's alone. Nothing else of ours may start it or import it.
"""

import asyncio
import contextlib
import signal
import sys

from amqtt.broker import Broker


async def run(host: str, port: int) -> None:
    """Be a broker until SIGTERM or SIGINT."""
    config = {
        "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = Broker(config)
    await broker.start()
    await stop.wait()
    with contextlib.suppress(asyncio.CancelledError):
        await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
