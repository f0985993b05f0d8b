"""`python -m firmware_bridge` is `kit-bridge`, for where the command is not installed."""

from firmware_bridge.cli import main

main(prog_name="kit-bridge")
