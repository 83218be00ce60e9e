"""Ctrl-C is never lost, wherever it falls.

Python throws away what is raised while it collects garbage or takes something down: an interrupt that falls there is
reported as "Exception ignored in" and the command runs on. Here it is told again a moment later, until it is heard.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from typing import Any

AGAIN = 0.05  # seconds until a lost interrupt is told again


def never_lost() -> None:
    """From now on Ctrl-C, and a request to stop, end the command; in the main thread only."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop: the same as Ctrl-C
    before = sys.unraisablehook

    def unraisable(lost: Any) -> None:
        if lost.exc_type is not None and issubclass(lost.exc_type, KeyboardInterrupt):
            waiting = threading.Timer(AGAIN, _tell)
            waiting.daemon = True
            waiting.start()
        else:
            before(lost)

    sys.unraisablehook = unraisable


def _tell() -> None:
    """The main thread is interrupted, also while it waits for something."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
