"""A browser that a test drives as a person does: pages, mouse, taps and keys, and what the page asked for."""

import base64
import json

from benchmarks.chromium import Chromium


class DrivenBrowser(Chromium):
    """A browser with one page. `messages` are those of its console, errors and refused requests among them.

    `requests` are the addresses that the page asked for.
    """

    def __init__(self):
        self.messages, self.requests, self._seen = [], [], set()
        super().__init__("about:blank", 1440, 900)
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
        while "Page.loadEventFired" not in self._seen:
            self._next()

    def box(self, selector):
        """(left, top, width, height) of the first such element in the window, after scrolling to it."""
        return self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.left, b.top, b.width, b.height]; })()"
        )

    def mouse(self, kind, x, y, button="none"):
        """A mouse event: `mouseMoved`, `mousePressed` or `mouseReleased`."""
        clicks = 0 if kind == "mouseMoved" else 1
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=clicks)

    def click_on(self, selector):
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
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def write_screenshot(self, path, whole=False):
        """Write what the window shows, or the whole page, as a PNG file."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **(self._whole() if whole else {}))
        path.write_bytes(base64.b64decode(answer["data"]))

    def _next(self):
        message = super()._next()
        self._note(message.get("method"), message.get("params", {}))
        return message

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
