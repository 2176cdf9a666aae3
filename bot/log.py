"""The log of processes that run on: one line on standard error for each thing that happens."""

import logging


def log_to_stderr() -> None:
    """Begin to log; every process calls it once, at its start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
