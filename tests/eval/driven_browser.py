"""A browser that a test drives as a person does: pages, mouse, taps and keys, over its debugging pipe."""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from itertools import count

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--hide-scrollbars",
)
PATIENCE = 60.0  # seconds for one answer


def installed_browser():
    """The path of a browser of the Chromium family, None if there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class DrivenBrowser:
    """A browser with one page. `messages` are those of its console, errors and refused requests among them.

    `requests` are the addresses that the page asked for.
    """

    def __init__(self, path, profile):
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        # The browser reads commands from descriptor 3 and writes answers to 4.
        shell = f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, path, *OPTIONS, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._numbers, self._rest, self._session = count(1), b"", None
        self.messages, self.requests, self._seen = [], [], set()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def open(self, page, width, height=900, dark=False):
        """Load a page at a width and wait until it is there."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.messages.clear()
        self.requests.clear()
        self._seen.discard("Page.loadEventFired")
        self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        self._wait_for("Page.loadEventFired")

    def value(self, expression):
        """The value of an expression of the page's own language."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def box(self, selector):
        """(left, top, width, height) of the first such element in the window, after scrolling to it."""
        return self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.left, b.top, b.width, b.height]; })()"
        )

    def mouse(self, kind, x, y, button="none"):
        """A mouse event: `mouseMoved`, `mousePressed` or `mouseReleased`."""
        clicks = 0 if kind == "mouseMoved" else 1
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=clicks)

    def click(self, selector):
        """Press and release the left button on the middle of an element."""
        left, top, width, height = self.box(selector)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, left + width / 2, top + height / 2, "left" if kind != "mouseMoved" else "none")
        self.settle()

    def drag(self, start, end):
        """Drag with the left button."""
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start, "left")
        self.mouse("mouseMoved", *end, "left")
        self.mouse("mouseReleased", *end, "left")
        self.settle()

    def key(self, name):
        """Press and release a key, such as `ArrowLeft`."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name)
        self.settle()

    def settle(self):
        """Wait until the page has drawn twice."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def screenshot(self, path, whole=False):
        """Write what the window shows, or the whole page, as a PNG file."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **(self._whole() if whole else {}))
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self):
        """End the browser."""
        try:
            self.call("Browser.close", session=False)
            self._process.wait(20)
        except (OSError, subprocess.TimeoutExpired, AssertionError):
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def call(self, method, session=True, **parameters):
        """Send a command and return its answer; events that come before it are noted."""
        number = next(self._numbers)
        of_page = {"sessionId": self._session} if session and self._session else {}
        command = {"id": number, "method": method, "params": parameters, **of_page}
        os.write(self._out, json.dumps(command).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _wait_for(self, event):
        while event not in self._seen:
            self._next()

    def _next(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            more = os.read(self._in, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        line, self._rest = self._rest.split(b"\0", 1)
        answer = json.loads(line)
        self._note(answer.get("method"), answer.get("params", {}))
        return answer

    def _note(self, event, told):
        self._seen.add(event)
        if event == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif event == "Log.entryAdded":
            self.messages.append(told["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.messages.append(told["exceptionDetails"]["text"])
        elif event == "Runtime.consoleAPICalled":
            self.messages.append(str(told["args"]))

    def _whole(self):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}
