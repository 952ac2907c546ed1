#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The manuals: mandoc has nothing to say against one, what they refer to is there, and berth.conf(5) is what is read.

That each option of a command stands in its manual is held by the tests of the command.
"""
import os
import re
import subprocess
import sys
import tempfile

from tap import ROOT, Ran, expect, run_tests

DOCS = os.path.join(ROOT, "docs")
PAGES = sorted(name for name in os.listdir(DOCS) if re.fullmatch(r".*\.[1-9]", name))
FOLDER = tempfile.TemporaryDirectory()


def text_of(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def mandoc_has_nothing_to_say():
    """mandoc's lint finds nothing in any page"""
    expect(len(PAGES) > 4, PAGES)
    for page in PAGES:
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(DOCS, page)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        expect(done.returncode == 0 and not done.stdout, done.stdout)


def pages_are_named_and_refer_as_they_are_installed():
    """Each page says its own name and section, make install puts it there, and each page of Berth's that one names is there"""
    makefile = text_of(ROOT, "Makefile")
    for page in PAGES:
        name, section = page.rsplit(".", 1)
        text = text_of(DOCS, page)
        expect(f"\n.Dt {name.upper()} {section}\n" in text, f"{page} has another name in .Dt")
        expect(f"docs/{page} $(TO)/share/man/man{section}/{page}\n" in makefile, f"make install leaves {page} out")
        for other, number in re.findall(r"^\.(?:It )?Xr (berth\S*) (\d)", text, re.M):
            expect(f"{other}.{number}" in PAGES, f"{page} refers to {other}({number})")


def settings():
    """{key: its part of berth.conf(5)}, without what marks it up."""
    parts = re.split(r"^\.It Cm (\S+)\n", text_of(DOCS, "berth.conf.5").split(".Sh FORMAT\n")[1].split("\n.El\n")[0], flags=re.M)
    return {key: re.sub(r"^\.(?:Ql|Nm|Xr|Fl|Pa|Pp|br) ?", "", text, flags=re.M) for key, text in zip(parts[1::2], parts[2::2])}


def said_of(line):
    """What `berth kernel` says of this berth.conf, on a system that has nothing else; "" when it takes it."""
    for name in ("etc/kernel", "esp/EFI"):
        os.makedirs(os.path.join(FOLDER.name, name), exist_ok=True)
    with open(os.path.join(FOLDER.name, "etc/kernel/berth.conf"), "w", encoding="utf-8") as file:
        file.write(line + "\n")
    ran = Ran("kernel", "add", "6.1", "/nonexistent/kernel", "--root", FOLDER.name, "--esp-path", os.path.join(FOLDER.name, "esp"),
              "--dry-run", env={"KERNEL_INSTALL_CONF_ROOT": ""}).expect(2)
    expect("berth.conf" in ran.err or "/nonexistent/kernel" in ran.err, ran.err)
    return ran.err if "berth.conf" in ran.err else ""


def berth_conf_has_each_key_that_is_read():
    """berth.conf(5) has each key that the parser knows, and no other, with default, range and an example that is taken"""
    known = set(re.findall(r'word_is\(key, "([\w-]+)"\)', text_of(ROOT, "tools/system.c")))
    told = said_of("nonsense=1")
    named = re.search(r"there are (.*)$", told, re.M)[1]
    expect(known and set(re.split(r", | and ", named)) == known, f"the parser knows {known}, and says {told}")
    expect(set(settings()) == known, f"the page has {set(settings())}, the parser knows {known}")
    for key, text in settings().items():
        for word in ("Range:", "Default:", "Example:"):
            expect(text.count(word) == 1, f"{key} has no {word}")
        example = re.search(r"Example:\n(\S+)", text)[1]
        expect(example.startswith(key + "=") and said_of(example) == "", f"{key}: {example}: {said_of(example)}")
    expect(said_of(re.search(r"^\.Bd.*?\n(.*?)^\.Ed", text_of(DOCS, "berth.conf.5"), re.M | re.S)[1]) == "", "the long example")


def berth_conf_has_the_ranges():
    """What berth.conf(5) says of ranges and lines: the ends are taken, what lies beyond is refused by file and line"""
    for line in ("keep=0", "keep=2", "keep=4000", "keep-free=0", "keep-free=0x100000", *(f"keep-free=1{c}" for c in "KMGTPE"), "keep-free=7",
                 'keep="3"', "# keep=1", "", "prepare=no", "prepare=vmlinux",
                 "prepare=lz4", "prepare=zstd", "keep=3\nkeep=0"):
        expect(said_of(line) == "", f"{line}: {said_of(line)}")
    for line in ("keep=1", "keep=-1", "keep=", "keep=2.5", "keep=many", "keep-free=", "keep-free=64 M", "keep-free=-1", "keep-free=64X",
                 "prepare=", "prepare=gzip", "keep", "keep =3", "Keep=3"):
        expect("berth.conf:1: " in said_of(line), f"{line}: {said_of(line)!r}")
    # Sizes as Linux reads them: octal after a 0, of which 8 is no digit.
    expect(said_of("keep-free=077M") == "", said_of("keep-free=077M"))
    expect("berth.conf:1: " in said_of("keep-free=08M"), said_of("keep-free=08M"))
    expect("65536" in said_of("#" * 65536) and "65536" in text_of(DOCS, "berth.conf.5"), "the largest file")


def plain_text(mdoc):
    """What a reader reads."""
    lines = (re.sub(r"^\.\w+ ", "", line) for line in mdoc.splitlines() if line not in (".Pp", ""))
    return re.sub(r" ([,.:;])(?= |$)", r"\1", " ".join(lines).replace("\\e", "\\").replace("\\&", ""))


def berth_7_tells_each_difference():
    """berth(7) lists what Berth does otherwise than systemd-boot: each reason that the boots beside it have, and no other"""
    sys.path.insert(0, os.path.join(ROOT, "tests", "boot"))
    beside = __import__("beside")
    standards = text_of(DOCS, "berth.7").split(".Sh STANDARDS\n")[1].split(".Sh ")[0]
    told = [plain_text(item).rstrip(";.") for item in standards.split(".El\n")[0].split(".It\n")[1:]]
    wanted = {why for _, why in beside.DIFFERENT.values()} | set(beside.ELSEWHERE)
    expect(len(told) == len(set(told)) and set(told) == wanted,
           f"only in the page: {set(told) - wanted}; not in the page: {wanted - set(told)}")
    expect("a folder of another kind" in beside.TREES and "a folder of another kind" not in beside.DIFFERENT and
           "does not look at \\loader\\entries.srel." in plain_text(standards), "the page says nothing of entries.srel")
    expect("firmware has an initrd for the kernel already" in text_of(ROOT, "efi/initrd.c") and
           "Where firmware offers an initrd already" in plain_text(standards), "the page says nothing of firmware's initrd")


if __name__ == "__main__":
    with FOLDER:
        run_tests([mandoc_has_nothing_to_say, pages_are_named_and_refer_as_they_are_installed, berth_conf_has_each_key_that_is_read,
                   berth_conf_has_the_ranges, berth_7_tells_each_difference])
