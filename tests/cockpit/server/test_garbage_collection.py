"""Garbage collection in a separate process: runs that leave cycles, with many long-lived objects."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import gc, json, sys, weakref
from collections import deque
from cockpit.server import garbage_collection

class Node:
    pass

def screen(size):
    nodes = [Node() for _ in range(size)]
    for before, after in zip(nodes, nodes[1:] + nodes[:1]):
        before.next, after.before = after, before
    return nodes

if sys.argv[1] == "settled":
    garbage_collection.settle()
stay = [screen(300) for _ in range(300)]
before, most, left = gc.get_stats()[2]["collections"], 0, deque()
running = deque(maxlen=4)
for _ in range(900):
    running.append(screen(650))
    left.append(weakref.ref(running[-1][0]))
    while left and left[0]() is None:
        left.popleft()
    most = max(most, sum(each() is not None for each in left))
print(json.dumps([gc.get_stats()[2]["collections"] - before, most]))
"""


@pytest.fixture(scope="module", params=["settled", "default"])
def run(request: pytest.FixtureRequest) -> tuple[str, int, int]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, request.param], capture_output=True, text=True, check=True)
    full, most = json.loads(done.stdout)
    return request.param, full, most


def test_full_collections_are_rare_and_ended_runs_do_not_pile_up(run: tuple[str, int, int]) -> None:
    how, full, most = run
    if how == "settled":
        assert full <= 2
        assert most <= 150, "ended runs that are still held"
    else:
        assert full > 2, "otherwise the test shows nothing"
