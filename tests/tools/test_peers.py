#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What scripts/bench --peers writes has every row that was measured, and those that did not boot; its picture shows the same
numbers, in bars as long as they are large. The rows are made up here: nothing is booted.
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as tree

from tap import ROOT, expect, run_tests

sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))
import peers  # noqa: E402

BARS = os.path.join(ROOT, "build", "host", "bars")
peers.fetched = lambda peer, suite: ("/nonexistent", f"{peer}-{suite[1]}")  # nothing is fetched either
peers.release = lambda suite: f"of-{suite[1]}"


def marks(whole, before, waiting):
    return {"L": 1000, "K": 1000 + whole, "X": 1000 + before, "W": waiting}


def rows():
    """Each with numbers of its own; GRUB with KASLR did not boot."""
    found = {}
    for n, row in enumerate(peers.ROWS):
        found[row] = peers.Result([marks(2000000000 + n * 17000123, 300000000 + n, n), marks(2000000000 + n * 17000123 + 5, 1, 1)])
        if row[0] == "GRUB" and row[2][0] == "KASLR":
            found[row] = peers.Failed(peers.lab.Failure("init was not reached:\n error: no such disk \n\n"))
    return found


def drawn(text):
    done = subprocess.run([BARS], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode()


def every_row_is_written():
    """Both runs of each row, what was before exit and waiting, and the ratio to the stub's; a failure with its reason"""
    results = rows()
    text = peers.section(results)
    expect(text.count("| did not boot: error: no such disk |") == 2, text)
    for (peer, suite, situation), result in results.items():
        if result.why:
            continue
        stub = results[peers.STUB, suite, situation]
        line = f"| {situation[0]} | {peer} | {result.whole[0]:,} | {result.whole[0] + 5:,} | {result.before[0]:,} | " \
               f"{result.waiting[0]:,} | {result.whole[0] / stub.whole[0]:.3f} |\n"
        expect(text.count(line) == 1, f"{line!r} is not there once:\n{text}")
    for suite in peers.SUITES:
        for peer in ("systemd-boot", "GRUB", "syslinux"):
            expect(f"{peer} {peer}-{suite[1]}" in text.replace("\n", " "), f"the version of {peer} is not told")


def every_configuration_is_told():
    """Each file of tests/bench/peers/, line by line, as it was given, and the stub's options"""
    text = peers.section(rows())
    for name in os.listdir(peers.HERE):
        for line in peers.configuration(name, peers.to_init.PLAIN).splitlines():
            expect(f"`{line.strip()}`" in text, f"{name}: {line!r} is not told")
    expect("initrd=\\initrd.cpio`" in text, "the stub's options are not told")


def bars_are_as_long_as_numbers_are_large():
    """Each row has a bar with its number, all by one scale, and the part before exit in it; a failure has words instead"""
    results = rows()
    status, text = drawn(peers.picture(results))
    expect(status == 0, "nothing was drawn")
    picture = tree.fromstring(text)
    words = [t.text for t in picture.findall(".//{*}text")]
    part, rest = ([r for r in picture.findall(".//{*}rect") if r.get("class") == name] for name in ("part", "rest"))
    booted = [r for r in results.values() if not r.why]
    expect(words.count("did not boot") == 2 and len(part) == len(rest) == len(booted),
           f"{len(part)} bars of {len(booted)}: {words}")
    most = max(r.whole[0] for r in booted)
    longest = max(int(a.get("width")) + int(b.get("width")) for a, b in zip(part, rest))
    for result, a, b in zip(booted, part, rest):
        whole, before = int(a.get("width")) + int(b.get("width")), int(a.get("width"))
        expect(int(b.get("x")) == int(a.get("x")) + before, "the two parts of a bar do not meet")
        expect(abs(whole - result.whole[0] / most * longest) <= 1 and abs(before - result.before[0] / most * longest) <= 1,
               f"{result.whole[0]:,} of {most:,} is drawn {whole} of {longest} long, and {result.before[0]:,} {before}")
        expect(f"{result.whole[0] / 1e6:.0f}" in words, f"{result.whole[0]:,} is not told")
    right, bottom = int(picture.get("width")), int(picture.get("height"))
    for r in part + rest:
        expect(int(r.get("x")) + int(r.get("width")) < right and int(r.get("y")) + 16 < bottom, "a bar leaves the picture")


def what_is_no_picture_is_refused():
    """Lines that are none of a picture's: status 1, and nothing is drawn; names are text, whatever they contain"""
    good = "title\tt\npanel\tp\nbar\tname\t10\t5\n"
    expect(drawn(good)[0] == 0, "the sound one is refused")
    behind = ("bar\tname\t10\t11\n", "bar\tname\t-1\t-2\n", "bar\tname\t1x\t0\n", "bar\tname\tnan\t0\n", "bar\tname\t10\n",
              "bar\tname\t10\t5\t5\n", "none\tname\n", "panel\n", "pie\tname\n", "panel\tp\n" * 20, "bar\tname\t10\t5\n" * 20,
              "note\tn\n" * 20, "note\t" + "n" * 70000 + "\n")
    for bad in ("", "title\tt\n", "bar\tname\t10\t5\n" + good, *(good + lines for lines in behind)):
        status, text = drawn(bad)
        expect(status == 1 and text == "", f"{bad[:200]!r}: status {status}, {len(text)} bytes")
    text = drawn("title\t<script>&\"\npanel\t</svg>\nbar\t<b>\t10\t5\n")[1]
    expect({"<script>&\"", "</svg>", "<b>"} <= {t.text for t in tree.fromstring(text).findall(".//{*}text")}, text)


def the_picture_is_the_one_of_the_figures():
    """docs/peers.svg has the numbers that docs/figures.md has"""
    with open(peers.PICTURE, encoding="utf-8") as file:
        words = [t.text for t in tree.fromstring(file.read()).findall(".//{*}text")]
    with open(peers.FIGURES, encoding="utf-8") as file:
        text = file.read()
    text = text[text.index(peers.BEGIN):text.index(peers.END)]
    at = 0
    for suite, situation in peers.PANELS:
        table = text[text.index(f"\n{suite[2]}'s kernel, "):]
        for peer in peers.PEERS:
            number = re.search(rf"^\| {situation[0]} \| {peer} \| ([\d,]+|did not boot)", table, re.M)[1]
            shown = number if number.startswith("did") else f"{int(number.replace(',', '')) / 1e6:.0f}"
            at = words.index(peer, at) + 1
            expect(words[at] == shown, f"{suite[2]}, {situation[0]}, {peer}: {words[at]} is drawn, and {number} written")


if __name__ == "__main__":
    run_tests([every_row_is_written, every_configuration_is_told, bars_are_as_long_as_numbers_are_large,
               what_is_no_picture_is_refused, the_picture_is_the_one_of_the_figures])
