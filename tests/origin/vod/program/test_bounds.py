from __future__ import annotations

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


def test_a_process_that_gave_up_reaches_no_server_and_takes_no_more_than_its_memory() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = [sys.executable, "-c", TRIES, str(server.getsockname()[1])]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    gone, reached, taken = said
    assert taken == "False"
    assert (gone, reached) in {("True", "False"), ("False", "True")}
