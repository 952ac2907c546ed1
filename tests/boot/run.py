#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the boots of tests/boot/*.py, two at a time, and prints TAP and `N passed, N failed`.

tests/boot/run.py [WORD]... runs only those whose names contain one of the words.
"""
import concurrent.futures
import os
import re
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bits32  # noqa: E402
import arm64  # noqa: E402
import boots  # noqa: E402
import direct  # noqa: E402
import entered  # noqa: E402
import ia32  # noqa: E402
import lab  # noqa: E402
import levels  # noqa: E402
import plans  # noqa: E402
import probes  # noqa: E402
import pvh  # noqa: E402
import riscv64  # noqa: E402
import shaped  # noqa: E402


# What an overloaded host does to QEMU: to its emulated timer, which Linux calibrates, and to a second CPU, which Linux
# gives one second to come up. The loader has no part in either.
STARVED = ("8254 timer not connected to IO-APIC", "failed to come online")
EFLAGS = re.compile(rb"EFLAGS: ([0-9a-f]{8})")


def emulator_broke(test):
    """
    Bits 22 to 31 of EFLAGS are 0 on every CPU (Intel SDM volume 1, 3.4.3). QEMU 7.2's emulation now and then has others
    there: Debian 13's kernel, started by QEMU's own -kernel without any loader, fails in the same way.
    """
    try:
        with open(os.path.join(lab.WORK, test.__name__, "console.log"), "rb") as log:
            return any(int(flags, 16) >> 22 for flags in EFLAGS.findall(log.read()))
    except FileNotFoundError:
        return False


def why_not(test):
    """None when the test passed."""
    try:
        test(lab.Esp(test.__name__))
        return None
    except lab.Failure as failure:
        return str(failure)
    except Exception:  # a bug of the test's own is a failure too
        return traceback.format_exc()


def run(test):
    start = time.monotonic()
    why = why_not(test)
    for _ in range(2):
        if why is not None and any(words in why for words in STARVED):
            print(f"# {test.__name__}: the host starved QEMU; once more", flush=True)
        elif why is not None and emulator_broke(test):
            print(f"# {test.__name__}: QEMU has bits in EFLAGS that no CPU has; once more", flush=True)
        else:
            break
        why = why_not(test)
    return test, why, time.monotonic() - start


def main():
    named = {**vars(arm64), **vars(bits32), **vars(boots), **vars(direct), **vars(entered), **vars(ia32), **vars(levels),
             **vars(plans), **vars(probes), **vars(pvh), **vars(riscv64), **vars(shaped)}
    tests = [t for n, t in named.items() if getattr(t, "is_boot", False)
             and (len(sys.argv) == 1 or any(word in n for word in sys.argv[1:]))]
    alone = [t for t in tests if t.is_large]
    tests = [t for t in tests if not t.is_large]
    boots.setup()
    passed = failed = 0
    print(f"1..{len(tests) + len(alone)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for group in (pool.map(run, tests), map(run, alone)):
            for test, why, seconds in group:
                number = passed + failed + 1
                if why is None:
                    passed += 1
                    print(f"ok {number} - {test.__doc__} ({seconds:.0f} s)", flush=True)
                else:
                    failed += 1
                    print(f"not ok {number} - {test.__doc__} ({test.__name__}, {seconds:.0f} s)", flush=True)
                    print("\n".join("# " + line for line in why.splitlines()), flush=True)
    if probes.TOTAL != [0]:
        print(f"# clauses in firmware: {probes.TOTAL[0]}")
    if shaped.TOTAL[0] != 0:
        print("# firmware faults injected in OVMF: {}, entered {}, refused {}".format(*shaped.TOTAL))
    print(f"boots: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
