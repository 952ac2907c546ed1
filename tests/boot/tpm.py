# SPDX-License-Identifier: BSD-2-Clause
"""A machine with a TPM, which swtpm emulates: what was measured until Linux runs, as Linux reads it."""
import hashlib
import os
import struct
import subprocess
import time

import lab
from boots import KERNEL, REPORT, boots
from chain import unified_image, whole
from lab import Guest, Machine, expect

# The sections in the order in which the stub measures them. Source: UAPI.5, "Measurements"
MEASURED = (".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey")


class Tpm:
    """A TPM 2.0, new, while a machine runs with it."""

    def __init__(self, folder):
        self.state = os.path.join(folder, "tpm")
        self.socket = os.path.relpath(os.path.join(folder, "tpm.socket"), lab.ROOT)
        os.mkdir(self.state)
        self.options = ("-chardev", f"socket,id=tpm,path={self.socket}", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
                        "-device", "tpm-tis,tpmdev=tpm0")

    def __enter__(self):
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}", "--terminate", "--ctrl",
                                         f"type=unixio,path={self.socket}"], cwd=lab.ROOT)
        deadline = time.monotonic() + 30
        while not os.path.exists(os.path.join(lab.ROOT, self.socket)):
            expect(time.monotonic() < deadline and self.process.poll() is None, "swtpm has not started")
            time.sleep(0.05)
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(10)


def extended(register, data):
    return hashlib.sha256(register + hashlib.sha256(data).digest()).digest()


def sections_of(image):
    """{name: contents}, as long as each is in memory. Source: Microsoft PE Format, "Section Table"."""
    pe = struct.unpack_from("<I", image, 0x3c)[0]
    count, optional = struct.unpack_from("<H", image, pe + 6)[0], struct.unpack_from("<H", image, pe + 20)[0]
    found = {}
    for row in (pe + 24 + optional + 40 * n for n in range(count)):
        name, size, _, raw, at = struct.unpack_from("<8sIIII", image, row)
        found[name.rstrip(b"\0").decode()] = image[at:at + min(size, raw)]
    return found


def register_11(image):
    """Each section's name with its NUL, and then its contents."""
    register, sections = bytes(32), sections_of(image)
    for name in MEASURED:
        if name in sections:
            register = extended(extended(register, name.encode() + b"\0"), sections[name])
    return register


@boots(sampled=True)
def unified_image_is_measured_by_its_stub(esp):
    """A TPM: systemd's stub of an image that Berth starts measures every section into PCR 11, to the digest that is computed here"""
    image = unified_image([(".osrel", b'PRETTY_NAME="System 7"\nID=system\n'), (".cmdline", REPORT.encode()), (".uname", b"6.1"),
                           (".initrd", whole(KERNEL["initrd"])), (".linux", whole(KERNEL["file"]))])
    esp.put("EFI/Linux/system.efi", image)
    with Tpm(esp.path) as tpm, Machine(esp, more=tpm.options) as machine:
        guest = Guest(machine.finish())
    registers = {int(words.split()[0]): words.split()[1].lower() for words in guest.all("pcr")}
    expect(registers.get(11) == register_11(image).hex(), f"PCR 11 is {registers.get(11)}, computed {register_11(image).hex()}")
    expect(int(registers[4], 16) != 0, "firmware has not measured the loader and the image into PCR 4")
