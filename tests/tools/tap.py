# SPDX-License-Identifier: BSD-2-Clause
"""Runs berth(1) and reports in TAP what it did. Each tests/tools/test_*.py is a program of its own.

The command under test is the one with sanitizers, unless BERTH names another.
"""
import os
import subprocess
import sys
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BERTH = os.environ.get("BERTH", os.path.join(ROOT, "build", "host", "checked", "berth"))


class Failure(Exception):
    """What a test saw instead of what it expected."""


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


class Ran:
    """What a run of berth(1) gave: .status, .out and .err as text."""

    def __init__(self, *words, stdin=None, env=None, timeout=60):
        done = subprocess.run([BERTH, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, **(env or {})}, timeout=timeout, cwd=ROOT, check=False)
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")
        expect("Sanitizer" not in self.err and "runtime error" not in self.err,
               f"berth {' '.join(words)}: a sanitizer's report:\n{self.err}")

    def expect(self, status, *words):
        """This exit status, and these words somewhere on standard output or standard error."""
        expect(self.status == status, f"status {self.status} instead of {status}:\n{self.out}{self.err}")
        for word in words:
            expect(word in self.out + self.err, f"{word!r} is not in:\n{self.out}{self.err}")
        return self


def run_tests(tests):
    """@tests: functions; the first line of each docstring is the claim that it tests."""
    failed = 0
    for number, test in enumerate(tests, 1):
        sentence = (test.__doc__ or test.__name__).strip().splitlines()[0]
        began = time.monotonic()
        try:
            test()
            print(f"ok {number} - {sentence}", flush=True)
        except Exception as error:  # a bug of the test's own is a failure too
            failed += 1
            text = str(error) if isinstance(error, Failure) else traceback.format_exc()
            print(f"not ok {number} - {sentence}", flush=True)
            print("\n".join("# " + line for line in text.splitlines()), flush=True)
        print(f"# took {time.monotonic() - began:.1f} {test.__name__}", flush=True)
    sys.exit(1 if failed else 0)
