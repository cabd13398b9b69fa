from __future__ import annotations

import signal
import subprocess
import sys

PROGRAM = """
from origin.demo.leash import take_order
order, ended = take_order()
print(order, ended.is_set(), flush=True)
print(ended.wait(60), flush=True)
"""


def test_a_child_gets_its_order_leaves_ctrl_c_to_its_parent_and_ends_with_it() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write("do this\n")
        child.stdin.flush()
        assert child.stdout.readline() == "do this False\n"
        child.send_signal(signal.SIGINT)
        child.stdin.close()
        assert child.stdout.readline() == "True\n"
    assert child.returncode == 0
