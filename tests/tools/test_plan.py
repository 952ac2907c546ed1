#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth(1) keeps the conventions of good tools: statuses, streams, help, JSON, colours; and explains what it says."""
import json
import os
import pty
import re
import subprocess
import tempfile
import xml.dom.minidom

from tap import BERTH, ROOT, Ran, expect, run_tests
from test_corpus import DEBIAN, GIB, MIB

FOLDER = tempfile.TemporaryDirectory()
KERNEL = os.path.join(FOLDER.name, "debian")
MAP = os.path.join(FOLDER.name, "map.txt")


def written(name, text):
    path = os.path.join(FOLDER.name, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def plan(*words, **more):
    return Ran("plan", KERNEL, "--memmap", MAP, *words, **more)


def told(*words):
    return json.loads(plan("--json", *words).out)


def placed(answer):
    return {p["name"]: p for p in answer["placements"]}


def json_has_what_machines_need():
    """--json: placements with name, address, size, align and rule as numbers; possible; reason"""
    answer = told("--initrd", "10M")
    expect(answer["possible"] is True and answer["reason"] is None, f"possible, reason: {answer}")
    kernel, initrd = placed(answer)["kernel"], placed(answer)["initrd"]
    expect(kernel == {"name": "kernel", "address": 0x17cc00000, "size": 0x3378000, "align": 2 * MIB, "rule": "C3"},
           f"kernel: {kernel}")
    expect(initrd["address"] == 0x17cc00000 - 10 * MIB and initrd["size"] == 10 * MIB, f"initrd: {initrd}")
    outlook = answer["outlook"]
    expect(outlook["free_below_4g"] == {"before": 3 * GIB - MIB, "after": 3 * GIB - MIB}, f"outlook: {outlook}")
    expect(outlook["whole_1g_pages"] == {"before": 4, "after": 3}, f"outlook: {outlook}")
    expect(outlook["kernel_may_move"] is True, f"outlook: {outlook}")


def an_impossible_plan_is_status_1():
    """An impossible plan: status 1, nothing on standard error, possible false, and the reason in sentences"""
    ran = plan("--initrd", "3G").expect(1, "no free memory holds the initrd", "3.0 GiB", "rule C1")
    expect(ran.err == "", f"on standard error: {ran.err}")
    answer = told("--initrd", "3G")
    expect(answer["possible"] is False and answer["placements"] == [] and "initrd" in answer["reason"], f"{answer}")
    plan("--placement", "0x40001000").expect(1, "0x40001000", "0x40000000", "rule X1")
    plan("--cmdline", "x" * 3000).expect(1, "3000 bytes", "cmdline_size")


def wrong_commands_are_status_2():
    """A wrong command or unreadable input: status 2, a sentence on standard error, nothing on standard output"""
    for words, says in (
            ((), "usage"), (("nosuch",), "no command `nosuch`"), (("plan",), "which kernel"),
            (("plan", KERNEL), "--memmap MAP is missing"), (("plan", KERNEL, "--memmap"), "--memmap needs a value"),
            (("plan", KERNEL, "--memmap", MAP, "--nosuch"), "no option --nosuch"),
            (("plan", KERNEL, KERNEL, "--memmap", MAP), "one kernel at a time"),
            (("plan", KERNEL, "--memmap", MAP, "--initrd", "nosuch"), "nosuch"),
            (("plan", KERNEL, "--memmap", MAP, "--placement", "highest"), "high, low, preferred, random"),
            (("plan", KERNEL, "--memmap", MAP, "--placement", "2G-1G"), "empty window"),
            (("plan", KERNEL, "--memmap", "/nonexistent"), "/nonexistent"),
            (("plan", "/nonexistent", "--memmap", MAP), "/nonexistent"), (("plan", MAP, "--memmap", MAP), "not a kernel"),
            (("plan", FOLDER.name, "--memmap", MAP), FOLDER.name), (("explain",), "which log"),
            (("explain", MAP), "no line of Berth's"), (("explain", "/nonexistent"), "/nonexistent"),
            (("log", "--nosuch"), "no option --nosuch"), (("log", "--file"), "--file needs a value"),
            (("log", "--file", "/nonexistent"), "/nonexistent: No such file"), (("rules", "Z9"), "no rule Z9"), (("rules", "--nosuch"), "no option")):
        ran = Ran(*words).expect(2, says)
        expect(ran.out == "" and ran.err != "", f"{words}: on standard output: {ran.out}")


def the_word_wins_in_both_forms():
    """Options are taken as --name VALUE and as --name=VALUE, before and behind the kernel"""
    one = Ran("plan", "--memmap=" + MAP, "--placement=low", KERNEL).expect(0)
    two = Ran("plan", KERNEL, "--placement", "low", "--memmap", MAP).expect(0)
    expect(one.out == two.out and "C4" in one.out, one.out)


def placements_are_what_they_say():
    """high, low, preferred, an address, a window, random with entropy: each where its rule says"""
    for wish, address in (("high", 0x17cc00000), ("low", 16 * MIB), ("preferred", 16 * MIB), ("0x40000000", GIB),
                          ("1G", GIB), ("1G-1100M", GIB + 24 * MIB)):
        expect(placed(told("--placement", wish))["kernel"]["address"] == address, f"{wish} is not at {address:#x}")
    random = {placed(told("--placement", "random", "--entropy", str(n)))["kernel"]["address"] for n in range(8)}
    expect(len(random) > 4, f"random is always {random}")
    plan("--placement", "random").expect(0, "without --entropy nothing is randomised")
    plan("--placement", "0x40000000").expect(0, "\nthe kernel stays")


def wishes_that_are_not_met_are_told_as_the_loader_tells_them():
    """placement preferred with its place held, and memory that memmap= takes: who holds it, and what was done instead"""
    held = plan("--placement", "preferred", "--cmdline", "memmap=1M$17M")
    held.expect(0, "placement preferred is not met: 0x1000000-0x4378000 is held by 0x1100000-0x1200000 kept out by memmap=")
    held.expect(0, "; the kernel lies at 0x17cc00000 instead [C3]")
    expect("not met" not in plan("--placement", "preferred").err, "a wish that is met is told")


def c13_memory_of_memmap_and_of_a_crash_kernel_holds_no_part():
    """memmap=2G$4G and crashkernel=2G@4G: everything below, as the loader has it"""
    for words in ("memmap=2G$4G", '"memmap=2G$4G"', "crashkernel=2G@4G", "memmap=1G!4G,1G#5G"):
        for part in told("--cmdline", words, "--initrd", "64M")["placements"]:
            expect(part["address"] + part["size"] <= 4 * GIB, f"{words}: {part}")


def limits_of_the_command_line_count():
    """mem= and --keep-free-below-4g bound the plan; initrds are joined, as files or as sizes"""
    for part in told("--cmdline", "quiet mem=1G")["placements"]:
        expect(part["address"] + part["size"] <= GIB, f"{part} lies above mem=1G")
    kept = placed(told("--keep-free-below-4g", "512M"))["kept-free memory"]
    expect(kept["size"] == 512 * MIB and kept["address"] + kept["size"] <= 4 * GIB, f"{kept}")
    one = written("one", "x")
    joined = placed(told("--initrd", one, "--initrd", "4097"))["initrd"]
    expect(joined["size"] == 8192, f"1 and 4097 bytes, joined on 4, take {joined['size']} bytes in whole pages")


def explanations_name_rules():
    """--explain: each candidate that was not taken, with its rule; the table prints the rules it used"""
    plan("--explain").expect(0, "refuse bounce in 0x100000000-0x180000000", "rule C7", "C3  high: the highest")
    low = written("low.txt", "1M-1G free\n")
    Ran("plan", KERNEL, "--memmap", low, "--explain").expect(0, "refuse kernel in 0x100000000-0xffffffffffffffff",
                                                               "no free memory", "rule C1")
    refused = told("--explain", "--initrd", "3G")["refused"]
    expect(all(set(r) == {"name", "address", "size", "rule", "text"} for r in refused) and refused, f"{refused}")
    expect({r["name"] for r in refused} == {"initrd"}, f"{refused}")


def pictures_are_drawn():
    """--svg FILE: a picture that is XML, with every part and rule; a file that cannot be written is status 2"""
    svg = os.path.join(FOLDER.name, "memory.svg")
    plan("--initrd", "10M", "--svg", svg).expect(0)
    with open(svg, encoding="utf-8") as file:
        text = file.read()
    xml.dom.minidom.parseString(text)
    for word in ("kernel", "initrd", "handoff", "C3", "0x17cc00000", "16 MiB", "4 GiB", "64 TiB"):
        expect(word in text, f"{word} is not in the picture")
    plan("--svg", "/nonexistent/x.svg").expect(2, "/nonexistent/x.svg")
    plan("--svg").expect(2, "--svg needs a value")
    plan("--initrd", "3G", "--svg", svg).expect(1)
    with open(svg, encoding="utf-8") as file:
        expect("no free memory holds the initrd" in file.read(), "the reason is not in the picture")


def a_log_explains_itself():
    """berth explain: the last attempt of a console log, placed or refused, as text and as JSON"""
    facts = "berth: facts descriptors 2 size 48 room 34 levels 4 gib-pages 1 seed 1 entropy 0x0\r\n"
    memory = "berth: memory 0x100000-0xc0000000 type 7 attribute 0xf free\r\n"
    place = "\x1b[0mberth: place kernel 0x17cc00000 size 0x3378000 align 0x200000 rule C3\r\n"
    error = ("berth: no free memory holds the initrd\n  needs     0x1 bytes\n"
             "  rule C1: A place lies wholly in one run.\n")
    log = written("good.log", "BdsDxe: noise\n" + facts + memory + error + facts + memory + place)
    answer = json.loads(Ran("explain", log, "--json").expect(0).out)
    expect(placed(answer)["kernel"]["address"] == 0x17cc00000 and answer["possible"], f"{answer}")
    log = written("bad.log", facts + memory + "berth: refuse initrd in 0x100000-0xc0000000 (2.9 GiB) for the highest "
                  "from 0x100000000 align 0x1000: rule C1\r\n" + error)
    answer = json.loads(Ran("explain", log, "--json", "--explain").expect(1).out)
    expect(answer["reason"].startswith("no free memory holds the initrd\n  needs") and answer["rule"] == "C1",
           f"{answer}")
    expect(answer["refused"][0]["size"] == 0xc0000000 - MIB, f"{answer}")
    with open(log, "rb") as file:
        Ran("explain", "-", stdin=file.read()).expect(1, "0x1 bytes")


def what_the_loader_left_is_printed_and_read():
    """berth log: a variable as efivarfs shows it, with nothing that a terminal obeys; plan and explain read the same file"""
    facts = b"berth: facts descriptors 2 size 48 room 34 levels 4 gib-pages 1 seed 1 entropy 0x0\n"
    memory = b"berth: map @100 bff00.7.f @100000 80000.7\n"
    place = b"berth: place kernel 0x17cc00000 size 0x3378000 align 0x200000 rule C3\n"
    log = os.path.join(FOLDER.name, "BerthLog")
    with open(log, "wb") as file:
        file.write(b"\6\0\0\0" + facts + memory + place + b"\x1b[2J\xc2\x9b\x7f gr\xc3\xbc\xc3\x9fe\n")
    shown = subprocess.run([BERTH, "log", "--file", log], stdout=subprocess.PIPE, check=True).stdout
    expect(shown == facts + memory + place + b"?[2J?? gr\xc3\xbc\xc3\x9fe\n", f"{shown}")
    for words in (("explain", log, "--json"), ("plan", KERNEL, "--memmap", log, "--json")):
        expect(placed(json.loads(Ran(*words).expect(0).out))["kernel"]["address"] == 0x17cc00000, f"{words}")
    with open(log, "wb") as file:
        file.write(b"\6\0\0\0" + facts + memory + b"berth: place kernel hidden size 0x3378000 align 0x200000 rule C12\n")
    Ran("explain", log).expect(2, "all places are left out")


def a_quoted_log_explains_itself():
    """berth explain: quote marks, timestamps and indentation before every line change nothing"""
    lines = ("berth: facts descriptors 2 size 48 room 34 levels 4 gib-pages 1 seed 1 entropy 0x0",
             "berth: memory 0x100000-0xc0000000 type 7 attribute 0xf free",
             "berth: refuse initrd in 0x100000-0xc0000000 (2.9 GiB) for the lowest align 0x1000: rule C1",
             "berth: no free memory holds the initrd", "  needs     0x1 bytes", "  try: a smaller initrd",
             "  rule C1: A place lies wholly in one run.")
    plain = Ran("explain", "-", "--json", stdin="\n".join(lines).encode()).expect(1, "try: a smaller initrd").out
    for prefix in ("> ", "    ", "\t", "[    0.000000] ", "2026-11-28T04:32:11.123Z ", "<6>", "12:", "> > [04:32:11] "):
        text = "".join(prefix + line + "\r\n" for line in lines)
        out = Ran("explain", "-", "--json", stdin=text.encode()).expect(1).out
        expect(out == plain, f"behind `{prefix}`: {out}\nnot {plain}")


def a_map_with_missing_parts_is_told_first():
    """A log that begins in the middle: refused where its numbers show it, else said before the plan; nobody buys RAM"""
    descriptor = "efi: mem%02d: [Conventional|   |WB] range=[0x%x-0x%x] (0MB)\n"
    text = "".join(descriptor % (n, n * 4096, n * 4096 + 4095) for n in (19, 20, 21, 24))
    ran = Ran("plan", KERNEL, "--memmap", written("middle.txt", text)).expect(2, "mem00 to mem18, mem22, mem23")
    expect(ran.out == "" and "more memory" not in ran.err, f"{ran.out}{ran.err}")
    text = "[    0.000000] efi:   0x000000100000-0x00000fffffff [Conventional|   |  |WB]\n"
    name = written("headless.txt", text)
    ran = Ran("plan", KERNEL, "--memmap", name).expect(0, "may be incomplete", "Processing EFI memory map:")
    expect("kernel's view" not in ran.err, ran.err)
    ran = Ran("plan", KERNEL, "--memmap", name, "--initrd", "1G").expect(1, "no free memory", "the whole log")
    expect("more memory" not in ran.out, ran.out)
    name = written("whole.txt", "efi: Processing EFI memory map:\n" + text)
    Ran("plan", KERNEL, "--memmap", name, "--initrd", "1G").expect(1, "no free memory", "more memory")


def whose_view_a_map_is_is_told():
    """A view from after firmware says whose it is; U-Boot's bdinfo is refused as that, with the forms that are known"""
    for text, whose in (
            ("BIOS-e820: [mem 0x0-0x3fffffff] usable\n", "the kernel's view"),
            ("(XEN)  [0000000000000000, 000000003fffffff] (usable)\n", "the hypervisor's view"),
            ("base_addr = 0x0, length = 0x40000000, available RAM\n", "GRUB's view")):
        Ran("plan", KERNEL, "--memmap", written("view.txt", text)).expect(0, whose)
    ran = Ran("plan", KERNEL, "--memmap", written("bdinfo.txt", "DRAM bank   = 0x0000000000000000\n"))
    ran.expect(2, "U-Boot's bdinfo", "efidebug memmap", "known: ", "lsefimmap")
    expect("garbled" not in ran.err, ran.err)


def help_is_on_standard_output():
    """--help and --version: standard output, status 0, with examples; every option is in the manual"""
    Ran("--version").expect(0, "berth 0.")
    summary = Ran("--help").expect(0)
    with open(os.path.join(ROOT, "docs/berth.1"), encoding="utf-8") as file:
        manual = file.read().replace("Fl -", "--")
    for command in ("plan", "explain", "log", "check", "inspect", "rules"):
        text = Ran(command, "--help").expect(0, "usage: berth " + command, "examples:").out
        expect(command in summary.out and f"Cm {command}" in manual, f"{command} is missing")
        expect(max(map(len, text.splitlines())) <= 110, f"{command} --help has a line of more than 110 columns")
        for option in set(re.findall(r"--[a-z0-9-]*[a-z0-9]", text)):
            expect(option in manual, f"{option} of {command} is not in the manual")


def colours_are_for_terminals():
    """Colours only on a terminal, and never with NO_COLOR"""
    def on_a_terminal(env):
        ours, theirs = pty.openpty()
        subprocess.run([BERTH, "rules", "C3"], stdout=theirs, check=True, env={**os.environ, **env})
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 4096):
                text += piece
        except OSError:
            pass
        os.close(ours)
        return b"\x1b[" in text
    expect(on_a_terminal({"NO_COLOR": "", "TERM": "xterm"}), "no colours on a terminal")
    expect(not on_a_terminal({"NO_COLOR": "1", "TERM": "xterm"}), "colours in spite of NO_COLOR")
    expect("\x1b" not in Ran("rules").out, "colours in a pipe")


def rules_list_themselves():
    """berth rules: all of them, or those named, each with its sentence and its source"""
    rules = json.loads(Ran("rules", "--json").expect(0).out)
    expect(len(rules) >= 20 and all(r["source"] and r["sentence"] for r in rules), f"{rules}")
    text = Ran("rules").expect(0).out
    expect(all(re.search(rf"^{r['id']}\b", text, re.M) for r in rules), "a rule is missing from the text")
    only = Ran("rules", "c3", "X2").expect(0).out
    expect("C3" in only and "X2" in only and "C1 " not in only, only)


def main():
    DEBIAN.write(FOLDER.name)
    written("map.txt", "1M-3G free\n4G-6G free\n")
    run_tests([json_has_what_machines_need, an_impossible_plan_is_status_1, wrong_commands_are_status_2,
               the_word_wins_in_both_forms, placements_are_what_they_say, limits_of_the_command_line_count,
                wishes_that_are_not_met_are_told_as_the_loader_tells_them,
                c13_memory_of_memmap_and_of_a_crash_kernel_holds_no_part,
                explanations_name_rules, pictures_are_drawn, a_log_explains_itself,
                what_the_loader_left_is_printed_and_read, a_quoted_log_explains_itself,
                a_map_with_missing_parts_is_told_first, whose_view_a_map_is_is_told, help_is_on_standard_output,
               colours_are_for_terminals, rules_list_themselves])


if __name__ == "__main__":
    main()
