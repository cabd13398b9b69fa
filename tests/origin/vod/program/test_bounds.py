from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys

TRIES = """
import socket, sys
from origin.vod.program.bounds import give_up
gone = give_up(1000)
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5).close()
    reached = True
except OSError:
    reached = False
try:
    bytearray(600 << 20)
    taken = True
except MemoryError:
    taken = False
print(gone, reached, taken)
"""


PARENT = """
import subprocess, sys
text = "from origin.vod.program.bounds import give_up; give_up(1000); print(flush=True); import time; time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid)
"""


def test_it_does_not_outlive_who_has_started_it() -> None:
    pid = int(subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, check=True).stdout)
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        assert select.select([handle], [], [], 30)[0]
        os.close(handle)


def test_a_process_that_gave_up_reaches_no_server_and_takes_no_more_than_its_memory() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = [sys.executable, "-c", TRIES, str(server.getsockname()[1])]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    gone, reached, taken = said
    assert taken == "False"
    assert (gone, reached) in {("True", "False"), ("False", "True")}
