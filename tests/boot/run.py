#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the boots of tests/boot/*.py, two at a time and a third that mostly waits; prints TAP and `N passed, N failed`."""
import argparse
import concurrent.futures
import faulthandler
import importlib
import itertools
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab  # noqa: E402


def with_boots():
    """The files of this folder that have boots; scripts/test finds them in the same way."""
    folder = os.path.dirname(os.path.abspath(__file__))
    return [name[:-3] for name in sorted(os.listdir(folder)) if name.endswith(".py") and
            "\n@boot" in open(os.path.join(folder, name), encoding="utf-8").read()]


MODULES = with_boots()
MODULE = {name: importlib.import_module(name) for name in MODULES}


# What an overloaded host does to QEMU: to its emulated timer, which Linux calibrates; to a second CPU, which Linux gives
# one second to come up; and to systemd's generators, which end by SIGALRM when they take longer than 90 seconds
# (src/shared/exec-util.c, do_execute), and systemd with them. None is the loader's doing.
STARVED = ("8254 timer not connected to IO-APIC", "failed to come online",
           "sandboxing environment for executing generators: Protocol error")
AGAIN = []  # names of boots that were made once more
PATIENCE = 2400  # seconds in which one test at least ends: machines have limits of their own, tests can have a fault


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
            AGAIN.append(test.__name__)
        else:
            break
        why = why_not(test)
    return test, why, time.monotonic() - start


def chosen(arguments):
    modules = [MODULE[name] for name in arguments.of or MODULES]
    tests = [t for module in modules for t in vars(module).values()
             if getattr(t, "is_boot", False) and t.__module__ == module.__name__]
    if arguments.word:
        return [t for t in tests if any(word in t.__name__ for word in arguments.word)]
    return [t for t in tests if arguments.all or not t.is_sampled]


def in_lanes(tests):
    """(test, why not, seconds) of each, those first that are done first: two at a time, and of those that wait a third."""
    with concurrent.futures.ThreadPoolExecutor(2) as busy, concurrent.futures.ThreadPoolExecutor(1) as waiting:
        jobs = [(waiting if test.waits else busy).submit(run, test) for test in tests]
        for job in concurrent.futures.as_completed(jobs):
            yield job.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="also those whose feature another boot shows too")
    parser.add_argument("--of", action="append", choices=MODULES, metavar="MODULE", help=", ".join(MODULES))
    parser.add_argument("word", nargs="*", help="runs only those whose names contain one of the words")
    tests = chosen(parser.parse_args())
    alone = [t for t in tests if t.is_large]
    tests = [t for t in tests if not t.is_large]
    MODULE["boots"].setup()
    passed = failed = 0
    print(f"1..{len(tests) + len(alone)}", flush=True)
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    for test, why, seconds in itertools.chain(in_lanes(tests), map(run, alone)):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        number = passed + failed + 1
        if why is None:
            passed += 1
            print(f"ok {number} - {test.__doc__}", flush=True)
        else:
            failed += 1
            print(f"not ok {number} - {test.__doc__} ({test.__name__})", flush=True)
            print("\n".join("# " + line for line in why.splitlines()), flush=True)
        print(f"# took {seconds:.1f} boot {test.__name__}", flush=True)
    probes, shaped = MODULE["probes"], MODULE["shaped"]
    if probes.TOTAL != [0]:
        print(f"# clauses in firmware: {probes.TOTAL[0]}")
    if shaped.TOTAL[0] != 0:
        print("# firmware faults injected in OVMF: {}, entered {}, refused {}".format(*shaped.TOTAL))
    print(f"# boots made once more, as the host starved QEMU: {len(AGAIN)}" + (f", {' '.join(AGAIN)}" if AGAIN else ""))
    faulthandler.cancel_dump_traceback_later()
    print(f"boots: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
