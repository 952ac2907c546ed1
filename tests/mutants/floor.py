# SPDX-License-Identifier: BSD-2-Clause
"""The floor below the seam: efi/ changed, and the programs of tests/uefi linked with it, as the Makefile does both."""

import os
import re
import subprocess
from fnmatch import fnmatch

import reach
from batch import Batch, chosen, compile_together
from judge import BROKEN, ENOUGH, FEW, Trials, Verdict, first_failure, one_by_one, survived, text_of
from yard import LINKER, WRAPPED, BuildError, expand, name_of, run, run_test, seen_by

# Tests with such a name try each call in turn. They are nearly all that takes time, and one of them some minutes: so a
# program has two parts, of which a mutant meets the other one in any case. tests/uefi/parts.c heeds these words.
CALLS = "*_call_*"
OTHERS, THE_CALLS = {"TESTS_ONLY": "*", "TESTS_SKIPPED": CALLS}, {"TESTS_ONLY": CALLS, "TESTS_SKIPPED": "/"}
PART = ":calls"  # behind the name of a program's source
LONG = ("test_uefi",)  # whose calls are tried with --slow alone
NAMED = ("--set-section-flags", ".bss=alloc,load,contents", "--rename-section", ".bss=efi_bss", "--rename-section",
         ".data=efi_data", "--rename-section", ".data.rel.local=efi_data")  # as the Makefile's rule for %.named.o
ALL_ERRORS = ("-ferror-limit=0",)  # of clang's, which stops at the twentieth
NOT_LINKED = ("efi/libc.c",)  # the host has its own
NOT_REACHED = ("efi/hart.c",)  # called only on RISC-V, which the simulated UEFI is not


def files():
    return [f for f in expand("efi/*.c") if f not in NOT_LINKED + NOT_REACHED]


def tests(slow):
    """The parts of each program: its source for the one, with PART behind it for the calls, where it has such tests."""
    found = []
    for test in expand("tests/uefi/test_*.c"):
        with open(test) as file:
            has_calls = re.search(r"cmocka_unit_test\w*\(\w*_call_", file.read())
        found += [test, test + PART] if has_calls and (slow or name_of(test) not in LONG) else [test]
    return found


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


def run_part(program, test, seconds, environment=None):
    part = THE_CALLS if test.endswith(PART) else OTHERS
    return run_test(program, program, seconds, {**part, **(environment or {})}, is_checked=True)


def as_it_is(root, test):
    return run_part(os.path.join(root, "build/host/uefi", name_of(test)), test, reach.PATIENCE)


def patience(seconds):
    """How much CPU time a mutant may take. Machines differ, and a loop without end is a fault."""
    return 5 + 5 * seconds


def linked_once(link):
    """@link, which is asked for both parts of a program and makes one."""
    programs = {}

    def program_of(test):
        if name_of(test) not in programs:
            programs[name_of(test)] = link(test)
        return programs[name_of(test)]
    return program_of


def judge_alone(floor, mutant, tests, seconds):
    def run(test):
        return run_part(link(test), test, patience(seconds[test]))

    try:
        link = linked_once(floor.changed(mutant.path, mutant.apply(text_of(floor.root, mutant.path))))
        return first_failure(tests, run) or survived(tests)
    except BuildError:
        return Verdict(BROKEN)


def judge(floor, mutants, tests, seconds):
    """The verdicts of mutants of one file; @tests: those of each, @seconds: what a test takes on the code as it is."""
    path, found = mutants[0].path, {}
    batch = Batch(path, text_of(floor.root, path), mutants if len(mutants) >= FEW else [])

    def run(test, number, seconds_of_cpu):
        return run_part(link(test), test, seconds_of_cpu, chosen(number))

    try:
        link = compile_together(batch, lambda source: linked_once(floor.changed(path, source)))
        said = Trials(batch, tests, seconds, run, lambda test, spent: spent < ENOUGH or not test.endswith(PART)).verdicts()
    except BuildError as error:
        said = one_by_one(error)
    for mutant, verdict in said.items():
        found[mutant] = verdict or survived(tests[mutant])
    for mutant in mutants:
        if mutant not in found:
            found[mutant] = judge_alone(floor, mutant, tests[mutant], seconds)
    return found


def try_fault(floor, fault, seconds):
    """What is wrong with a seeded fault in efi/; nothing when its test notices it."""
    test = f"tests/uefi/{fault.program}.c"
    try:
        (path, text), = fault.texts().items()
        part = test + PART if fnmatch(fault.test, CALLS) else test
        outcome = run_part(floor.changed(path, text)(test), part, seconds)
    except BuildError as error:
        return str(error)
    return fault.complaint(outcome)
