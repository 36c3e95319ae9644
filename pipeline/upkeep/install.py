"""`python -m pipeline.upkeep.install PROJECT`: install the project `PROJECT`, such as `.[dev]`, into this environment.

uv does it in a quarter of pip's time (docs/performance.md). It reads none of pip's settings, so those that say where
packages are found are handed over. pip does it where it has other settings that may change what is installed, and where
uv fails. Modules are compiled when they are first imported: the demo imports a part of them. This runs before anything
is installed, so it imports Python's own library alone.
"""

import ast
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping

# A setting of pip, and the variable by which uv knows it.
PLACES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}
# pip's settings that change nothing of what is installed.
HARMLESS = {"cache-dir", "config-file", "default-timeout", "disable-pip-version-check", "log", "no-cache-dir"}
HARMLESS |= {"no-color", "no-input", "no-python-version-warning", "no-warn-script-location", "progress-bar", "quiet"}
HARMLESS |= {"require-virtualenv", "retries", "root-user-action", "timeout", "verbose"}
PIP = [sys.executable, "-m", "pip"]
PINNED = ["--constraint", "constraints.txt"]
QUIET = [] if sys.stderr.isatty() else ["--quiet"]  # a log needs no progress


def main() -> None:
    """Install with uv, or else with pip."""
    (project,) = sys.argv[1:]
    loud = {**os.environ, "PIP_QUIET": "0"}  # a quiet pip lists nothing
    listed = subprocess.run([*PIP, "config", "list"], env=loud, stdout=subprocess.PIPE, text=True, check=False)
    if listed.returncode != 0:
        sys.exit(listed.returncode)  # pip has said why
    settings = pip_settings(listed.stdout)
    others = sorted(settings.keys() - PLACES.keys() - HARMLESS)
    if others:
        sys.stderr.write(f"uv does not know these settings of pip: {', '.join(others)}.\n")
    elif install_with_uv(project, {**os.environ, **uv_variables(settings)}):
        return
    sys.stderr.write("pip installs in place of uv, which takes some minutes.\n")
    install = [*PIP, "install", *QUIET, "--no-compile", *PINNED, "--editable", project]
    sys.exit(subprocess.run(install, check=False).returncode)


def pip_settings(listed: str) -> dict[str, str]:
    """Read what `pip config list` prints: `global.timeout='30'`. Variables come before settings of `pip install`."""
    settings = {}
    for section in ("global.", "install.", ":env:."):  # a later one takes the place of an earlier one
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section) and (given := ast.literal_eval(value)):  # pip passes over an empty one
                settings[name.removeprefix(section)] = given
    return settings


def uv_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which uv finds packages where pip with these settings finds them."""
    variables = {}
    for key in settings.keys() & PLACES.keys():
        values = [settings[key]] if key == "cert" else settings[key].split()
        if key in ("cert", "find-links"):
            values = [os.path.expanduser(place) for place in values]  # noqa: PTH111 Path's raises where there is no home
        if key == "find-links":  # pip passes over a folder that it cannot read, uv stops
            values = [place for place in values if "://" in place or os.access(place, os.R_OK)]
        variables[PLACES[key]] = ("," if key == "find-links" else " ").join(values)
    return {name: value for name, value in variables.items() if value}


def install_with_uv(project: str, environment: Mapping[str, str]) -> bool:
    """Return whether uv could be had and has installed the project. uv itself does not stay."""
    with tempfile.TemporaryDirectory(dir=sys.prefix) as folder:
        fetch = [*PIP, "install", "--quiet", "--no-compile", "--only-binary", "uv", *PINNED, "--target", folder, "uv"]
        if subprocess.run(fetch, check=False).returncode != 0:
            return False
        # The best version of all indexes, as pip takes it.
        install = [f"{folder}/bin/uv", "pip", "install", *QUIET, "--index-strategy", "unsafe-best-match", *PINNED]
        install += ["--python", sys.executable, "--editable", project]
        return subprocess.run(install, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that uv's folder is removed
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
