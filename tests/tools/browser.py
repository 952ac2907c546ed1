# SPDX-License-Identifier: BSD-2-Clause
"""Debian's chromium without a window, asked through two pipes by the DevTools protocol: no port, no driver, no network.

Source: chromium's --remote-debugging-pipe reads messages from descriptor 3 and writes them to 4, a NUL behind each.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile

CHROMIUM = shutil.which("chromium")


class Page:
    """One file in a browser whose network is off; what it could not load, or what a script complained of, is in .complaints."""

    def __init__(self, path, width, dark=False, script=True):
        self.width, self.dark, self.number, self.complaints = width, dark, 0, []
        self.home = tempfile.mkdtemp()
        ours, theirs = os.pipe(), os.pipe()
        self.out, self.inp = os.fdopen(ours[1], "wb"), os.fdopen(theirs[0], "rb")

        def wire():
            # Both ends are moved out of the way first: either may be 3 or 4 itself.
            read, write = os.dup(ours[0]), os.dup(theirs[1])
            os.dup2(read, 30)
            os.dup2(write, 31)
            os.dup2(30, 3)
            os.dup2(31, 4)
            os.setsid()

        self.browser = subprocess.Popen(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
             "--remote-debugging-pipe", f"--user-data-dir={self.home}", "--hide-scrollbars", "--font-render-hinting=none",
             "--proxy-server=localhost:9", "about:blank"],
            preexec_fn=wire, pass_fds=(3, 4), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ours[0])
        os.close(theirs[1])
        self.session = None
        target = next(t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")
        self.ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=width < 600)
        self.media("screen")
        self.loaded = False
        self.ask("Page.navigate", url="file://" + os.path.abspath(path))
        while not self.loaded:
            self.read()

    def media(self, kind):
        self.ask("Emulation.setEmulatedMedia", media=kind,
                 features=[{"name": "prefers-color-scheme", "value": "dark" if self.dark else "light"}])

    def read(self):
        """The next message; an event is looked at here."""
        text = bytearray()
        while (byte := self.inp.read(1)) not in (b"\0", b""):
            text += byte
        message = json.loads(text)
        method = message.get("method", "")
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method in ("Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed"):
            self.complaints.append(message["params"])
        elif method == "Network.requestWillBeSent" and message["params"]["request"]["url"].split(":")[0] not in ("file", "data"):
            self.complaints.append(message["params"]["request"]["url"])
        return message

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session is not None:
            message["sessionId"] = self.session
        self.out.write(json.dumps(message).encode() + b"\0")
        self.out.flush()
        while (answer := self.read()).get("id") != self.number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def value(self, expression):
        """What an expression of JavaScript is."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def key(self, key, code):
        for kind in ("keyDown", "keyUp"):
            more = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    def mouse(self, kind, at):
        self.ask("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="none" if kind == "mouseMoved" else "left",
                 clickCount=0 if kind == "mouseMoved" else 1)

    def shot(self, path, whole=True):
        """A PNG file of all of the page, or of what a screen shows of it."""
        clip = {}
        if whole:
            size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {"x": 0, "y": 0, "width": self.width, "height": size["height"], "scale": 1},
                    "captureBeyondViewport": True}
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("Page.captureScreenshot", format="png", **clip)["data"]))

    def close(self):
        self.out.close()
        try:
            self.browser.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.browser.pid, signal.SIGKILL)
            self.browser.wait()
        self.inp.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
