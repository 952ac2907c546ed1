# SPDX-License-Identifier: BSD-2-Clause
"""The floor below the seam: efi/ changed, and the programs of tests/uefi linked with it, as the Makefile does both."""

import os
import subprocess

from judge import BROKEN, KILLED, SURVIVED, Verdict
from yard import LINKER, WRAPPED, BuildError, expand, run, run_test, seen_by

# What is run, the quick ones first: a program, and which of its tests.
UEFI = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "uefi")
OWN = tuple(name[:-2] for name in sorted(os.listdir(UEFI)) if name.startswith("test_") and name.endswith(".c") and
            name not in ("test_services.c", "test_uefi.c"))  # that of the changed file is run first
QUICK = (*((program, "") for program in OWN), ("test_services", ""), ("test_uefi", "honest*"), ("test_uefi", "exit*"))
LONG = (("test_uefi", "every*"),)
PATIENCE = 60  # seconds of CPU, until it is known what a program needs
NAMED = ("--set-section-flags", ".bss=alloc,load,contents", "--rename-section", ".bss=efi_bss", "--rename-section",
         ".data=efi_data", "--rename-section", ".data.rel.local=efi_data")  # as the Makefile's rule for %.named.o
NOT_LINKED = ("efi/libc.c",)  # the host has its own
NOT_REACHED = ("efi/hart.c", "efi/tree.c")  # called only on RISC-V, which the simulated UEFI is not


def files():
    return [f for f in expand("efi/*.c") if f not in NOT_LINKED + NOT_REACHED]


class Floor:
    def __init__(self, root):
        self.root, self.place = root, os.path.join(root, "build/mutate/floor")
        self.flags, self.objects = [], []
        self.patience = {}  # {program: seconds of CPU}, by what it took on the code as it is: machines differ

    def build(self):
        out = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "uefi-parts"], cwd=self.root, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if out.returncode != 0:
            raise BuildError(out.stdout)
        told = dict(line.split(" ", 1) for line in out.stdout.splitlines() if line.startswith(("flags ", "objects ")))
        self.flags, self.objects = told["flags"].split(), told["objects"].split()
        os.makedirs(self.place, exist_ok=True)

    def failing(self, workers, slow=False):
        """The programs that fail on the code as it is, and so say nothing. What a change may cost is known after this."""
        jobs = [(test, workers.submit(as_it_is, self, test)) for test in self.tests(slow)]
        for (program, _), job in jobs:
            self.patience[program] = max(self.patience.get(program, 0), 5 + 5 * job.result().seconds)
        return [program for (program, _), job in jobs if not job.result().passed]

    def tests(self, slow=False):
        return QUICK + (LONG if slow else ())

    def _object(self, path, text, work):
        """The object of a file with another text, named as the others are."""
        source = os.path.join(work, "source.c")
        plain, named = os.path.join(work, "plain.o"), os.path.join(work, "named.o")
        with open(source, "w") as file:
            file.write(text)
        run(["gcc", *(f for f in self.flags if f not in ("-Werror", "-g")), "-w", "-iquote", os.path.dirname(path),
             *seen_by(self.root)[path], "-o", plain, "-c", source], cwd=self.root)
        run(["objcopy", *NAMED, plain, named] if path.startswith("efi/") else ["cp", plain, named])
        return named

    def _link(self, program, path, changed, work):
        stem = f"build/host/uefi/{path[:-2]}"
        instead = {f"{stem}.named.o" if path.startswith("efi/") else f"{stem}.o": changed}
        out = os.path.join(work, program)
        run(["gcc", *LINKER, "-fsanitize=undefined", *("-Wl,--wrap=" + name for name in WRAPPED),
             f"build/host/uefi/tests/uefi/{program}.o", *(instead.get(o, o) for o in self.objects), "-lcmocka", "-o", out],
            cwd=self.root)
        return out

    def outcomes(self, path, text, tests):
        """(program, outcome) of each of @tests with the file changed, until one fails; BuildError when it is not C."""
        work = os.path.join(self.place, str(os.getpid()))
        os.makedirs(work, exist_ok=True)
        changed, linked = self._object(path, text, work), {}
        own = "test_" + os.path.basename(path)[:-2]
        for program, only in sorted(tests, key=lambda test: test[0] != own):
            if program not in linked:
                linked[program] = self._link(program, path, changed, work)
            outcome = run_test(linked[program], linked[program],
                               self.patience.get(program, PATIENCE), {"ONLY": only} if only else {},
                               is_checked=True)
            yield program, outcome
            if not outcome.passed:
                return


def as_it_is(floor, test):
    with open(os.path.join(floor.root, "efi/main.c")) as file:
        (_, outcome), = floor.outcomes("efi/main.c", file.read(), [test])
    return outcome


def judge(floor, mutant, slow):
    with open(os.path.join(floor.root, mutant.path)) as file:
        text = mutant.apply(file.read())
    try:
        for program, outcome in floor.outcomes(mutant.path, text, floor.tests(slow)):
            if not outcome.passed:
                by = "time" if outcome.timed_out else outcome.failed_test()
                return Verdict(KILLED, f"{program}: {by}", outcome.timed_out)
    except BuildError:
        return Verdict(BROKEN)
    return Verdict(SURVIVED)


def try_fault(floor, fault):
    """What is wrong with a seeded fault in efi/; nothing when its test notices it."""
    try:
        (path, text), = fault.texts().items()
        tests = [test for test in QUICK if test[0] == fault.program]
        *_, (_, outcome) = floor.outcomes(path, text, tests)
    except BuildError as error:
        return str(error)
    return fault.complaint(outcome)
