# SPDX-License-Identifier: BSD-2-Clause
"""The floor below the seam: efi/ changed, and the programs of tests/uefi linked with it, as the Makefile does both."""

import os
import subprocess

import reach
from judge import BROKEN, KILLED, SURVIVED, Verdict
from yard import LINKER, WRAPPED, BuildError, expand, name_of, run, run_test, seen_by

# Which tests of a program are run, where it is not all of them: those that are quick, and with --slow the others too.
QUICK = {"test_uefi": ("honest*", "exit*")}
LONG = {"test_uefi": ("every*",)}
NAMED = ("--set-section-flags", ".bss=alloc,load,contents", "--rename-section", ".bss=efi_bss", "--rename-section",
         ".data=efi_data", "--rename-section", ".data.rel.local=efi_data")  # as the Makefile's rule for %.named.o
NOT_LINKED = ("efi/libc.c",)  # the host has its own
NOT_REACHED = ("efi/hart.c",)  # called only on RISC-V, which the simulated UEFI is not


def files():
    return [f for f in expand("efi/*.c") if f not in NOT_LINKED + NOT_REACHED]


def tests():
    return expand("tests/uefi/test_*.c")


class Floor:
    def __init__(self, root):
        self.root, self.place = root, os.path.join(root, "build/mutate/floor")
        self.compiler, self.flags, self.linked, self.objects = [], [], [], []

    def build(self):
        out = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "uefi-parts"], cwd=self.root, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if out.returncode != 0:
            raise BuildError(out.stdout)
        told = dict(line.split(" ", 1) for line in out.stdout.splitlines())
        self.compiler, self.flags, self.linked, self.objects = (
            told[word].split() for word in ("compiler", "flags", "linked", "objects"))
        os.makedirs(self.place, exist_ok=True)

    def _object(self, path, text, work):
        """The object of a file with another text, named as the others are."""
        source = os.path.join(work, "source.c")
        plain, named = os.path.join(work, "plain.o"), os.path.join(work, "named.o")
        with open(source, "w") as file:
            file.write(text)
        run([*self.compiler, *(f for f in self.flags if f not in ("-Werror", "-g")), "-w", "-iquote", os.path.dirname(path),
             *seen_by(self.root, *self.compiler)[path], "-o", plain, "-c", source], cwd=self.root)
        run(["objcopy", *NAMED, plain, named] if path.startswith("efi/") else ["cp", plain, named])
        return named

    def noted(self, slow):
        """The folder for what is known of the code as it is."""
        folder = os.path.join(self.place, "slow" if slow else "quick")
        os.makedirs(folder, exist_ok=True)
        return folder

    def _link(self, name, path, changed, work):
        stem = f"build/host/uefi/{path[:-2]}"
        instead = {f"{stem}.named.o" if path.startswith("efi/") else f"{stem}.o": changed}
        out = os.path.join(work, name)
        run([*self.compiler, *LINKER, *self.linked, *("-Wl,--wrap=" + wrapped for wrapped in WRAPPED),
             f"build/host/uefi/tests/uefi/{name}.o", *(instead.get(o, o) for o in self.objects), "-lcmocka", "-o", out],
            cwd=self.root)
        return out

    def changed(self, path, text):
        """What links a program with that file changed; BuildError when it is not C."""
        work = os.path.join(self.place, str(os.getpid()))
        os.makedirs(work, exist_ok=True)
        changed = self._object(path, text, work)
        return lambda test: self._link(name_of(test), path, changed, work)


def run_parts(program, test, seconds, slow=False):
    """The outcome of its first part that fails, or of the last; the seconds are those of all."""
    name, used = name_of(test), 0
    for only in QUICK.get(name, ("",)) + (LONG.get(name, ()) if slow else ()):
        outcome = run_test(program, program, seconds, {"ONLY": only} if only else {}, is_checked=True)
        used += outcome.seconds
        if not outcome.passed:
            break
    outcome.seconds = used
    return outcome


def as_it_is(root, slow, test):
    return run_parts(os.path.join(root, "build/host/uefi", name_of(test)), test, reach.PATIENCE, slow)


def judge(floor, mutant, tests, seconds, slow):
    """@seconds: what each of @tests takes on the code as it is. Machines differ, and a loop without end is a fault."""
    with open(os.path.join(floor.root, mutant.path)) as file:
        text = mutant.apply(file.read())
    try:
        link = floor.changed(mutant.path, text)
        for test in tests:
            outcome = run_parts(link(test), test, 5 + 5 * seconds[test], slow)
            if not outcome.passed:
                by = "time" if outcome.timed_out else outcome.failed_test()
                return Verdict(KILLED, f"{name_of(test)}: {by}", outcome.timed_out)
    except BuildError:
        return Verdict(BROKEN)
    return Verdict(SURVIVED, "" if tests else "no test comes here")


def try_fault(floor, fault, seconds):
    """What is wrong with a seeded fault in efi/; nothing when its test notices it."""
    test = f"tests/uefi/{fault.program}.c"
    try:
        (path, text), = fault.texts().items()
        outcome = run_parts(floor.changed(path, text)(test), test, seconds)
    except BuildError as error:
        return str(error)
    return fault.complaint(outcome)
