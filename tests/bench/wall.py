#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Times the boots of peers.py without -icount, by this machine's clock, so that a reader sees whether instructions tell the
truth: all loaders in turn, then all again, so that what else the machine does meets all of them alike.

Prints medians and ranges in seconds from LoadImage to init, and how often a kernel died on the way. QEMU has no caches: what a
copy costs on a machine stands in no figure here.
"""
import os
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "boot"))
import lab  # noqa: E402
import peers  # noqa: E402

TURNS = 15
QUIET = 1.5  # the load average up to which a machine is quiet


class Pipe(threading.Thread):
    """Takes marks as they come: nine bytes each, a letter first. .moments has each with the time when it came."""

    latest = None

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.taken, self.moments = path, bytearray(), []
        os.mkfifo(path)
        Pipe.latest = self
        self.start()

    def run(self):
        with open(self.path, "rb", buffering=0) as pipe:
            while byte := pipe.read(1):
                if len(self.taken) % 9 == 0:
                    self.moments.append((byte.decode("latin-1"), time.monotonic()))
                self.taken += byte

    def data(self):
        self.join(10)
        return bytes(self.taken)


def seconds(peer):
    """From LoadImage to init; None when init was not reached."""
    try:
        peers.boot(peer, peers.SUITES[0], peers.SITUATIONS[1], "wall", options=(), sink=Pipe)
    except lab.Failure:
        return None
    last = dict(Pipe.latest.moments)
    return last["K"] - last["L"]


def main(turns=TURNS):
    os.makedirs(lab.WORK, exist_ok=True)
    found = {peer: [] for peer in peers.PEERS}
    loads = [os.getloadavg()[0]]
    for _ in range(turns):
        for peer in peers.PEERS:
            found[peer].append(seconds(peer))
        loads.append(os.getloadavg()[0])
    print(f"Debian 12's kernel with KASLR, {turns} {'boot' if turns == 1 else 'boots'} each, in turn; load average {min(loads):.1f} to {max(loads):.1f}, "
          f"on {os.cpu_count()} CPUs")
    for peer, times in found.items():
        reached = [t for t in times if t is not None]
        print(f"{peer:<16} " + (f"median {statistics.median(reached):6.2f} s, {min(reached):.2f} to {max(reached):.2f}" if reached
                                else "never reached init") + f"; died {len(times) - len(reached)} of {len(times)}")
    if loads[0] > QUIET:
        print(f"wall: the load average was {loads[0]:.1f} before the first boot: above {QUIET} these figures tell of the machine")
    return 0


if __name__ == "__main__":
    subprocess.run(["make", "-s", "all", "test-efi"], cwd=lab.ROOT, check=True)
    sys.exit(main(*(int(n) for n in sys.argv[1:2])))
