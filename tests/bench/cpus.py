#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a second CPU would save: times tests/cpus/, which unpacks Debian 12's kernel by one CPU and by two, in a machine that
has two, by this machine's clock. Says something on a machine that does nothing else.
"""
import os
import statistics
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "boot"))
import lab  # noqa: E402
from direct import payload  # noqa: E402
from wall import Pipe  # noqa: E402

# What is told of two marks: the one behind which it begins, the one that ends it.
ROWS = (("one CPU unpacks all", "A", "B"), ("two unpack all", "C", "D"), ("of it, until the other is started", "C", "S"),
        ("until firmware says that it has ended", "C", "E"))


def main():
    os.makedirs(lab.WORK, exist_ok=True)
    esp = lab.Esp("bench-cpus")
    esp.put("EFI/BOOT/BOOTX64.EFI", link=os.path.join(lab.ROOT, "build/x86_64/tests/cpus.efi"))
    esp.put("payload", payload(os.path.join(lab.script("fetch", "kernel"), "vmlinuz"))[0])
    pipe = Pipe(os.path.join(esp.path, "marks"))
    with lab.Machine(esp, memory="2G", more=("-smp", "2", "-debugcon", "file:" + pipe.path, "-global",
                                             "isa-debugcon.iobase=0xe9")) as machine:
        machine.finish()
    data = pipe.data()
    values = [struct.unpack_from("<Q", data, at + 1)[0] for at in range(0, len(data) - 8, 9)]
    marks = [(letter, value, moment) for (letter, moment), value in zip(pipe.moments, values)]
    end = [value for letter, value, _ in marks if letter == "X"]
    lab.expect(end == [0], f"the program ended with {[hex(status) for status in end]}: {machine.tail()}")
    by_other = [value for letter, value, _ in marks if letter == "D"]
    print(f"{len(by_other)} turns; of the blocks the other CPU had {min(by_other)} to {max(by_other)}")
    for name, first, last in ROWS:
        begun = [moment for letter, _, moment in marks if letter == first]
        ended = [moment for letter, _, moment in marks if letter == last]
        times = [1000 * (b - a) for a, b in zip(begun, ended)]
        print(f"{name:<40} median {statistics.median(times):6.1f} ms, {min(times):.1f} to {max(times):.1f}")
    return 0


if __name__ == "__main__":
    subprocess.run(["make", "-s", "all", "test-efi"], cwd=lab.ROOT, check=True)
    sys.exit(main())
