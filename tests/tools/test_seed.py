#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The sums of tests/unit/test_config_seed.c are those of systemd's random seed, made here with Python's SHA-256.

Source: systemd, docs/RANDOM_SEEDS.md and src/boot/random-seed.c: a label, then each part behind its length in 8 bytes;
the file gets the sum of that sum and a byte 0, the system that of it and a byte 1.
"""
import hashlib
import os
import re

from tap import ROOT, expect, run_tests

ROW = re.compile(r"\{(\d+),\s*(\d+),\s*(\d+),\s*(\d+),\s*0x([0-9a-f]+),\s*(\d+),\s*\"([0-9a-f]{64})\",\s*\"([0-9a-f]{64})\"\}")


def pattern(first, size):
    return bytes((first + i) % 256 for i in range(size))


def the_vectors_are_what_the_documents_say():
    """each vector of the unit test is the sum of its parts"""
    with open(os.path.join(ROOT, "tests", "unit", "test_config_seed.c"), encoding="utf-8") as file:
        rows = ROW.findall(file.read())
    expect(len(rows) >= 5, f"{len(rows)} vectors are read")
    for *sizes, count, time, for_file, for_system in rows:
        parts = [pattern(0x10 * which, int(size)) for which, size in enumerate(sizes, 1)]
        parts += [int(count, 16).to_bytes(8, "little"), pattern(0x50, int(time))]
        text = b"systemd-boot random seed label v1" + b"".join(len(part).to_bytes(8, "little") + part for part in parts)
        key = hashlib.sha256(text).digest()
        expect(hashlib.sha256(key + b"\0").hexdigest() == for_file, f"{sizes}: the file's is another")
        expect(hashlib.sha256(key + b"\1").hexdigest() == for_system, f"{sizes}: the system's is another")


if __name__ == "__main__":
    run_tests([the_vectors_are_what_the_documents_say])
