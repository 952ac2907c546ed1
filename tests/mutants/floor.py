# SPDX-License-Identifier: BSD-2-Clause
"""The floor below the seam: efi/ changed, and the programs of tests/uefi linked with it, as the Makefile does both."""

import os
import subprocess

import reach
from batch import Batch, chosen, compile_together
from judge import BROKEN, FEW, Trials, Verdict, first_failure, one_by_one, survived, text_of
from yard import LINKER, WRAPPED, BuildError, expand, name_of, run, run_test, seen_by

# Which tests of a program are run, where it is not all of them: those that are quick, and with --slow the others too.
QUICK = {"test_uefi": ("honest*", "exit*")}
LONG = {"test_uefi": ("every*",)}
NAMED = ("--set-section-flags", ".bss=alloc,load,contents", "--rename-section", ".bss=efi_bss", "--rename-section",
         ".data=efi_data", "--rename-section", ".data.rel.local=efi_data")  # as the Makefile's rule for %.named.o
ALL_ERRORS = ("-ferror-limit=0",)  # of clang's, which stops at the twentieth
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
        flags = [flag for flag in self.flags if flag not in ("-Werror", "-g")]
        run([*self.compiler, *flags, "-w", *ALL_ERRORS, "-iquote", os.path.dirname(path),
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


def run_parts(program, test, seconds, slow=False, environment=None):
    """The outcome of its first part that fails, or of the last; the seconds are those of all."""
    name, used = name_of(test), 0
    for only in QUICK.get(name, ("",)) + (LONG.get(name, ()) if slow else ()):
        outcome = run_test(program, program, seconds, {**({"ONLY": only} if only else {}), **(environment or {})},
                           is_checked=True)
        used += outcome.seconds
        if not outcome.passed:
            break
    outcome.seconds = used
    return outcome


def as_it_is(root, slow, test):
    return run_parts(os.path.join(root, "build/host/uefi", name_of(test)), test, reach.PATIENCE, slow)


def patience(seconds):
    """How much CPU time a mutant may take. Machines differ, and a loop without end is a fault."""
    return 5 + 5 * seconds


def judge_alone(floor, mutant, tests, seconds, slow):
    def run(test):
        return run_parts(link(test), test, patience(seconds[test]), slow)

    try:
        link = floor.changed(mutant.path, mutant.apply(text_of(floor.root, mutant.path)))
        return first_failure(tests, run) or survived(tests)
    except BuildError:
        return Verdict(BROKEN)


def judge(floor, mutants, tests, seconds, slow):
    """The verdicts of mutants of one file; @tests: those of each, @seconds: what a test takes on the code as it is."""
    path, found, programs = mutants[0].path, {}, {}
    batch = Batch(path, text_of(floor.root, path), mutants if len(mutants) >= FEW else [])

    def run(test, number, seconds_of_cpu):
        if test not in programs:
            programs[test] = link(test)
        return run_parts(programs[test], test, seconds_of_cpu, slow, chosen(number))

    try:
        link = compile_together(batch, lambda source: floor.changed(path, source))
        said = Trials(batch, tests, seconds, run).verdicts()
    except BuildError as error:
        said = one_by_one(error)
    for mutant, verdict in said.items():
        found[mutant] = verdict or survived(tests[mutant])
    for mutant in mutants:
        if mutant not in found:
            found[mutant] = judge_alone(floor, mutant, tests[mutant], seconds, slow)
    return found


def try_fault(floor, fault, seconds):
    """What is wrong with a seeded fault in efi/; nothing when its test notices it."""
    test = f"tests/uefi/{fault.program}.c"
    try:
        (path, text), = fault.texts().items()
        outcome = run_parts(floor.changed(path, text)(test), test, seconds)
    except BuildError as error:
        return str(error)
    return fault.complaint(outcome)
