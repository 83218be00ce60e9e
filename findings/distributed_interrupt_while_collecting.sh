#!/bin/sh
# distributed 2026.8.0 on CPython 3.11: Ctrl-C pressed while garbage is being collected is thrown away.
#
# Guess: wherever Ctrl-C falls, the main thread sees KeyboardInterrupt a moment later, with a Dask cluster or without one.
# Behaviour: a cluster, client or worker in the process measures collections by a function in gc.callbacks. An interrupt
# that comes during a collection is raised in the first Python code after it, which is that function, and what is
# raised there is reported as ignored. The program runs on; only a second Ctrl-C is heard.
# Seen: "alone: heard", "beside a cluster: not heard; thrown away in GCDiagnosis._gc_callback".
# Exits with 0 while this is so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check distributed==2026.8.0 dask==2026.8.0
"$folder/env/bin/python" - <<'PYTHON'
import gc
import signal
import sys
import threading
import time

from distributed import LocalCluster

thrown = []
sys.unraisablehook = lambda ignored: thrown.append((ignored.exc_type.__name__, ignored.object.__qualname__))
kept = [[i] for i in range(4_000_000)]  # so many that a collection takes a while


def pressed_while_collecting() -> bool:
    """Whether Ctrl-C in the middle of a collection is heard within two seconds."""
    begun = time.perf_counter()
    gc.collect()
    middle = (time.perf_counter() - begun) / 3
    main = threading.main_thread().ident
    press = threading.Timer(middle, signal.pthread_kill, (main, signal.SIGINT))
    try:
        press.start()
        gc.collect()
        time.sleep(2)
    except KeyboardInterrupt:
        return True
    return False


alone = pressed_while_collecting()
print("alone:", "heard" if alone else "not heard")
with LocalCluster(n_workers=1, processes=False, dashboard_address=None):
    beside = pressed_while_collecting()
print("beside a cluster:", "heard" if beside else f"not heard; thrown away in {thrown}")
lost = any(name == "KeyboardInterrupt" and "_gc_callback" in where for name, where in thrown)
sys.exit(0 if alone and not beside and lost else 1)
PYTHON
