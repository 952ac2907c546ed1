#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the boots of tests/boot/boots.py, two at a time, and prints TAP and `N passed, N failed`.

tests/boot/run.py [WORD]... runs only those whose names contain one of the words.
"""
import concurrent.futures
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import boots  # noqa: E402
import lab  # noqa: E402


def run(test):
    start = time.monotonic()
    try:
        test(lab.Esp(test.__name__))
        return test, None, time.monotonic() - start
    except lab.Failure as failure:
        return test, str(failure), time.monotonic() - start
    except Exception:  # a bug of the test's own is a failure too
        return test, traceback.format_exc(), time.monotonic() - start


def main():
    tests = [t for n, t in vars(boots).items() if getattr(t, "is_boot", False)
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
    print(f"boots: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
