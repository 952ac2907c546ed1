# SPDX-License-Identifier: BSD-2-Clause
"""What scripts/image makes boots."""
import os

import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy, str16, told
from lab import expect


@boots(sampled=True)
def made_by_scripts_image(esp):
    """A disk that scripts/image made of a kernel and an initrd boots by the removable path, with its command line"""
    disk, cmdline = os.path.join(esp.path, "disk.img"), REPORT + ' nokaslr berth.quoted="a b"'
    partition = lab.script("image", KERNEL["file"], KERNEL["initrd"], "-o", disk, "--cmdline", cmdline).split()[-1]
    guest = boot(esp, image=disk)
    check_healthy(guest, cmdline)
    expect(told(guest)["LoaderDevicePartUUID"][1] == str16(partition.upper()), f"not from {partition}: {told(guest)}")
    os.unlink(disk)
