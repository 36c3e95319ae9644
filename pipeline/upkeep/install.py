"""`python -m pipeline.upkeep.install PROJECT`: install the project `PROJECT`, such as `.[dev]`, into this environment.

uv does it in a quarter of pip's time. It reads none of pip's settings, so those that say where packages are found are
handed over. pip does it where it has other settings that may change what is installed, and where uv fails. Modules are
compiled when they are first imported: the demo imports a part of them. This runs before anything is installed, so it
imports Python's own library alone.
"""

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

# A setting of pip, and the variable by which uv knows it.
PLACES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
# pip's settings that change nothing of what is installed.
HARMLESS = {"cache-dir", "config-file", "disable-pip-version-check", "no-cache-dir", "no-color", "no-input"}
HARMLESS |= {"no-warn-script-location", "progress-bar", "quiet", "require-virtualenv", "retries", "root-user-action"}
PIP = [sys.executable, "-m", "pip"]
PINNED = ["--constraint", "constraints.txt"]
QUIET = [] if sys.stderr.isatty() else ["--quiet"]  # a log needs no progress


def main() -> None:
    """Install with uv, or else with pip."""
    (project,) = sys.argv[1:]
    settings = pip_settings(subprocess.check_output([*PIP, "config", "list"], text=True))
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
            if name.startswith(section):
                settings[name.removeprefix(section)] = ast.literal_eval(value)
    return settings


def uv_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which uv finds packages where pip with these settings finds them."""
    variables = {}
    for key in settings.keys() & PLACES.keys():
        values = settings[key].split()
        if key == "find-links":  # pip passes over a folder that is not there, uv stops
            values = [place for place in values if "://" in place or Path(place).exists()]
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
    main()
