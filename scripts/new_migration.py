"""Writes a migration into inventory/schema/migrations/versions: `scripts/new-migration "what changes" 0002`."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from inventory.schema.engine import make_engine, writing


def main(message: str, number: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'migrate.sqlite3'}")
        with writing(engine).connect() as conn, conn.begin():
            config = Config()
            config.set_main_option("script_location", "inventory.schema:migrations")
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
            command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
