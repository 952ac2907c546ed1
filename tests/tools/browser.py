# SPDX-License-Identifier: BSD-2-Clause
"""Debian's chromium without a window, asked through two pipes by the DevTools protocol: no port, no driver, no network.

Source: chromium's --remote-debugging-pipe reads messages from descriptor 3 and writes them to 4, a NUL behind each.
"""
import atexit
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile

CHROMIUM = shutil.which("chromium")


class Browser:
    """The process, and the messages to it and from it. Its pages have no network."""

    def __init__(self):
        self.number, self.on_event, self.home = 0, None, tempfile.mkdtemp()
        ours, theirs = os.pipe(), os.pipe()
        self.out, self.inp = os.fdopen(ours[1], "wb"), os.fdopen(theirs[0], "rb")

        def wire():
            # Both ends are moved out of the way first: either may be 3 or 4 itself.
            os.dup2(ours[0], 30)
            os.dup2(theirs[1], 31)
            os.dup2(30, 3)
            os.dup2(31, 4)
            os.setsid()

        self.process = subprocess.Popen(
            [CHROMIUM, "--headless", *(["--no-sandbox"] if os.getuid() == 0 else []), "--disable-dev-shm-usage", "--disable-gpu",
             "--no-first-run", "--disable-extensions", "--remote-debugging-pipe", f"--user-data-dir={self.home}",
             "--hide-scrollbars", "--font-render-hinting=none", "--proxy-server=localhost:9", "about:blank"],
            preexec_fn=wire, pass_fds=(3, 4), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ours[0])
        os.close(theirs[1])
        atexit.register(self.close)

    def read(self):
        """The next message; an event goes to whom it concerns."""
        text = bytearray()
        while (byte := self.inp.read(1)) not in (b"\0", b""):
            text += byte
        message = json.loads(text)
        if "method" in message and self.on_event is not None:
            self.on_event(message)
        return message

    def ask(self, session, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        self.out.write(json.dumps(message).encode() + b"\0")
        self.out.flush()
        while (answer := self.read()).get("id") != self.number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def close(self):
        self.out.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.inp.close()
        shutil.rmtree(self.home, ignore_errors=True)


class Page:
    """One file in a browser whose network is off; what it could not load, or what a script complained of, is in .complaints."""

    browser = None

    def __init__(self, path, width, dark=False, script=True):
        Page.browser = Page.browser or Browser()
        self.width, self.dark, self.complaints, self.loaded = width, dark, [], False
        self.session = None
        self.target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")
        self.ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=width < 600)
        self.media("screen")
        self.browser.on_event = self.event
        self.ask("Page.navigate", url="file://" + os.path.abspath(path))
        while not self.loaded:
            self.browser.read()

    def ask(self, method, **params):
        return self.browser.ask(self.session, method, **params)

    def event(self, message):
        if message.get("sessionId") != self.session:
            return
        method, params = message["method"], message["params"]
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method in ("Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed"):
            self.complaints.append(params)
        elif method == "Network.requestWillBeSent" and params["request"]["url"].split(":")[0] not in ("file", "data"):
            self.complaints.append(params["request"]["url"])

    def media(self, kind):
        """@kind: screen, or print for what a printer would be given."""
        self.ask("Emulation.setEmulatedMedia", media=kind,
                 features=[{"name": "prefers-color-scheme", "value": "dark" if self.dark else "light"}])

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

    def middle(self, selector):
        """Where an element that is on the screen can be pointed at."""
        return self.value(f"""(e => {{ e.scrollIntoView({{block: 'center'}}); let r = e.getBoundingClientRect();
            return [r.x + Math.min(r.width / 2, 30), r.y + r.height / 2]; }})(document.querySelector({selector!r}))""")

    def point(self, selector):
        at = self.middle(selector)
        self.mouse("mouseMoved", at)
        return at

    def click(self, selector):
        at = self.point(selector)
        self.mouse("mousePressed", at)
        self.mouse("mouseReleased", at)

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
        self.browser.on_event = None
        self.browser.ask(None, "Target.closeTarget", targetId=self.target)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
