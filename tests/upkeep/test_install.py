"""The installation with uv finds packages where pip finds them; pip does it where uv may find others."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.upkeep import install

LISTED = """\
:env:.cert='/etc/company.pem'
:env:.timeout='60'
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
        "timeout": "60",
        "index-url": "https://team/simple",
        "extra-index-url": "https://a/simple\nhttps://b/simple",
    }


def test_uv_is_told_where_packages_are(tmp_path: Path) -> None:
    settings = install.pip_settings(LISTED) | {
        "find-links": f"https://c/links {tmp_path} {tmp_path}/none",
        "quiet": "1",
    }
    assert install.uv_variables(settings) == {
        "SSL_CERT_FILE": "/etc/company.pem",
        "UV_HTTP_TIMEOUT": "60",
        "UV_DEFAULT_INDEX": "https://team/simple",
        "UV_INDEX": "https://a/simple https://b/simple",
        "UV_FIND_LINKS": f"https://c/links,{tmp_path}",
    }


def test_what_pip_prints_today_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a/simple https://it's/simple")
    monkeypatch.setenv("PIP_PRE", "1")
    listed = subprocess.check_output([sys.executable, "-m", "pip", "config", "list"], text=True)
    settings = install.pip_settings(listed)
    assert settings["extra-index-url"] == "https://a/simple https://it's/simple"
    assert settings["pre"] == "1"


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
        return subprocess.CompletedProcess(command, int(fails in command))

    monkeypatch.setattr(install.subprocess, "check_output", lambda *_, **__: listed)
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
