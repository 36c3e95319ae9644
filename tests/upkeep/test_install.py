"""The installation with uv finds packages where pip finds them; pip does it where uv may find others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.upkeep import install

LISTED = """\
:env:.cert='/etc/company.pem'
:env:.extra-index-url=''
global.index-url='https://everyone/simple'
global.timeout='15'
install.index-url='https://team/simple'
install.extra-index-url='https://a/simple\\nhttps://b/simple'
download.index-url='https://other/simple'
"""


def test_the_narrower_setting_wins() -> None:
    settings = install.pip_settings(LISTED)
    assert settings == {
        "cert": "/etc/company.pem",
        "timeout": "15",
        "index-url": "https://team/simple",
        "extra-index-url": "https://a/simple\nhttps://b/simple",
    }


def test_uv_is_told_where_packages_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "links").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    links = f"https://c/links ~/links {tmp_path}/none {tmp_path}/{'x' * 300}"
    settings = install.pip_settings(LISTED) | {"find-links": links, "cert": "~/company.pem"}
    assert install.uv_variables(settings) == {
        "SSL_CERT_FILE": f"{tmp_path}/company.pem",
        "UV_DEFAULT_INDEX": "https://team/simple",
        "UV_INDEX": "https://a/simple https://b/simple",
        "UV_FIND_LINKS": f"https://c/links,{tmp_path}/links",
    }


def test_what_pip_prints_today_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet pip prints no settings, and they would be lost without a word."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)  # then pip reads no file
    monkeypatch.setenv("PIP_QUIET", "1")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a/simple https://it's/simple")
    given: list[dict[str, str]] = []
    monkeypatch.setattr(install, "uv_variables", lambda settings: given.append(settings) or {})
    monkeypatch.setattr(install, "install_with_uv", lambda *_: True)
    monkeypatch.setattr(sys, "argv", ["install", ".[dev]"])
    install.main()
    assert given[0]["extra-index-url"] == "https://a/simple https://it's/simple"


def test_pips_own_failure_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text("no section\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setattr(install, "install_with_uv", lambda *_: pytest.fail("it went on"))
    monkeypatch.setattr(sys, "argv", ["install", ".[dev]"])
    with pytest.raises(SystemExit) as stopped:
        install.main()
    assert stopped.value.code not in (0, None)


@pytest.mark.parametrize(
    ("listed", "fails", "installer", "said"),
    [
        ("", "nothing", "uv", ""),
        ("global.pre='1'\n", "nothing", "pip", "uv does not know these settings of pip: pre."),
        ("", "--target", "pip", "pip installs in place of uv"),  # uv cannot be had
        ("", "--index-strategy", "pip", "pip installs in place of uv"),  # uv fails
    ],
)
def test_pip_installs_where_uv_does_not(
    listed: str,
    fails: str,
    installer: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The commands are not run: they would change this environment."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, int(fails in command), listed)

    monkeypatch.setattr(install.subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["install", ".[dev]"])
    if installer == "pip":
        with pytest.raises(SystemExit, match=r"^0$"):
            install.main()
    else:
        install.main()
    assert (Path(commands[-1][0]).name == "uv") == (installer == "uv")
    assert commands[-1][-2:] == ["--editable", ".[dev]"]
    assert "constraints.txt" in commands[-1]
    assert said in capsys.readouterr().err


def test_nothing_needs_to_be_installed_before() -> None:
    """It runs in an empty environment: all that it imports is Python's own."""
    code = "import sys, pipeline.upkeep.install; print(*{name.partition('.')[0] for name in sys.modules})"
    root = Path(install.__file__).parents[2]
    printed = subprocess.check_output(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(root)!r}); {code}"], text=True
    )
    assert set(printed.split()) - {"pipeline", "__main__"} <= set(sys.stdlib_module_names)
