# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's debugger from outside: breakpoints by the remote serial protocol, and the monitor's commands through it.

Source: GDB's manual, "Remote Protocol"; QEMU's gdbstub answers the packets that are used here.
"""
import os
import shutil
import socket
import struct
import tempfile
import time

import lab

REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp")


class Debugger:
    """A machine that stands still at its reset until run_to(); @options go to QEMU before it starts."""

    def __init__(self):
        # A socket's name has 107 bytes at most, and the tree may lie deep.
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, "gdb")
        self.options = ("-S", "-gdb", f"unix:{self.path},server=on,wait=off")
        self.socket = None
        self.buffer = b""

    def attach(self, machine):
        """Waits for QEMU's end of the socket."""
        self.machine = machine
        while True:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self.socket.connect(self.path)
                break
            except OSError:
                self.socket.close()
                lab.expect(machine.reader.is_alive() and time.monotonic() < machine.deadline,
                           "QEMU did not open its debugger:\n" + machine.tail())
                time.sleep(0.1)

    def _more(self):
        self.socket.settimeout(max(1, self.machine.deadline - time.monotonic()))
        try:
            piece = self.socket.recv(65536)
        except TimeoutError:
            piece = b""
        lab.expect(piece, "the machine never stopped where it should; its console ended with:\n" + self.machine.tail())
        self.buffer += piece

    def _packet(self):
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start)
            if start >= 0 <= end and len(self.buffer) >= end + 3:
                packet, self.buffer = self.buffer[start + 1:end], self.buffer[end + 3:]
                self.socket.sendall(b"+")
                return packet.decode("latin-1")
            self._more()

    def ask(self, words):
        data = words.encode()
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xff))
        return self._packet()

    def run_to(self, address):
        """Continues until the CPU is about to execute what lies at @address; returns its registers."""
        lab.expect(self.ask(f"Z1,{address:x},1") == "OK", f"no breakpoint at {address:#x}")
        stop = self.ask("c")
        lab.expect(stop[:3] in ("T05", "S05"), f"the machine stopped with {stop!r}")
        lab.expect(self.ask(f"z1,{address:x},1") == "OK", f"the breakpoint at {address:#x} stays")
        values = struct.unpack("<17Q", bytes.fromhex(self.ask("g")[:17 * 16]))
        lab.expect(values[16] == address, f"it stopped at {values[16]:#x}, not {address:#x}")
        return dict(zip(REGISTERS, values))

    def run_to_write(self, address, byte):
        """Continues until something has written @byte there, which others may write to before."""
        lab.expect(self.ask(f"Z2,{address:x},1") == "OK", f"no watchpoint at {address:#x}")
        while True:
            stop = self.ask("c")
            lab.expect(stop[:3] in ("T05", "S05"), f"the machine stopped with {stop!r}")
            if self.ask(f"m{address:x},1") == f"{byte:02x}":
                break
        lab.expect(self.ask(f"z2,{address:x},1") == "OK", f"the watchpoint at {address:#x} stays")

    def go_on_with(self, code):
        """Puts @code where the CPU stands still, and lets it run; the debugger lets go."""
        at = struct.unpack_from("<Q", bytes.fromhex(self.ask("g")), 16 * 8)[0]
        lab.expect(self.ask(f"M{at:x},{len(code):x}:{code.hex()}") == "OK", f"no code at {at:#x}")
        self.socket.sendall(b"$c#63")

    def memory(self, address, size):
        """Physical memory, by the monitor."""
        out = os.path.join(self.folder, "memory")
        answer = self.ask("qRcmd," + f'pmemsave {address:#x} {size:#x} "{out}"'.encode().hex())
        said = ""
        while answer.startswith("O") and answer != "OK":
            said += bytes.fromhex(answer[1:]).decode()
            answer = self._packet()
        lab.expect(answer == "OK" and os.path.exists(out), f"pmemsave: {answer} {said}")
        with open(out, "rb") as file:
            data = file.read()
        os.unlink(out)
        lab.expect(len(data) == size, f"{len(data)} bytes of memory instead of {size}")
        return data

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.socket is not None:
            self.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)
