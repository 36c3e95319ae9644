"""Yaml that is no settings: dates, tags, duplicates, huge numbers, depth, aliases and characters are one sentence."""

from pathlib import Path

import pytest

from pipeline.config.settings import load_settings
from pipeline.config.yaml_file import load_yaml
from pipeline.errors import UserError

PARAMS = "categories: [plane]\nteachers: [daisy]\nfields: [whole]\n"
# Each line names the one before nine times.
BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(9 * [f'*{before}'])}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def sentence(text: str | bytes, tmp_path: Path, *overrides: str) -> str:
    """What a user is told of these settings."""
    file = tmp_path / "params.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as error:
        load_settings(file, overrides)
    told = str(error.value)
    assert "\n" not in told
    assert len(told) < 300 + len(str(file))
    told.encode()
    return told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("camera: {seed: 2024-13-45}", "line 4: '2024-13-45' is no timestamp"),
        ("camera: {seed: 2024-12-24}", "camera.seed is 2024-12-24: it must be a whole number"),
        ("camera: {seed: !!int ''}", "line 4: '' is no int"),
        ("camera: {seed: 1:30}", "line 4: 1:30 is a number to some programs and text to others: put it in quotes"),
        ("camera: {seed: yes}", "camera.seed is true: it must be a whole number"),
        ("camera: {seed: !!bool x}", "line 4: 'x' is no bool"),
        ("camera: {seed: !!python/object:os.system {}}", "could not determine a constructor"),
        (f"camera: {{seed: {'9' * 30}}}", "line 4: the number 99999999999999999999... is larger than any setting"),
        (f"camera: {{seed: 0x{'f' * 9000}}}", "is larger than any setting"),
        (f"camera: {{seed: {'9' * 9000}}}", "is no int"),
        (f"camera: {'[' * 5000}", "it is nested too deeply"),
        ("train:\n  steps: 1\n  seed: 0\n  steps: 2\n", "line 7: the key 'steps' stands twice."),
        ("camera: {size: 64}\ncamera: {views: 4}", "line 5: the key 'camera' stands twice"),
        ("train:\n\tsteps: 1\n", "line 5: a tab; indent with spaces."),
        ("train: {steps: 1\n", "line 5: expected ',' or '}', but got '<stream end>'."),
        ("? [a]\n: 1\n", "line 4: found unhashable key."),
        ("no: 3", "is false: a key must be text; put it in quotes"),
        (BOMB, "with its aliases it holds more than 100000 values"),
        ("camera: &a {size: *a}", "with its aliases it holds more than 100000 values"),
        ("storage: {root: 'a\0b'}", "special characters are not allowed"),
        ('storage: {root: "a\\0b"}', "line 4: 'a\\x00b' holds a control character"),
        ('storage: {root: "a\\e[31mb"}', "holds a control character"),
        ('teachers2: ["\\ud800"]', "line 4: '\\ud800' holds a control character, or half of a character"),
        ("camera: {size: 1000000}", "camera.size is 1000000: it must be less than or equal to 4096"),
        ("camera: {views: 1000000}", "camera.views is 1000000: it must be less than or equal to 10000"),
        ("train: {width: 3000000000}", "train.width is 3000000000: it must be less than or equal to 2147483647"),
        (f"storage: {{root: {'x' * 5000}}}", "it is too long"),
        (f"camera: {{size: {'x' * 5000}}}", "x...: it must be a whole number"),
        ("#" * 2**20, "has more than 1048576 bytes"),
    ],
)
def test_a_hostile_file_is_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    assert told in sentence(PARAMS + text, tmp_path)


def test_what_is_no_mapping_in_utf8_is_one_sentence(tmp_path: Path) -> None:
    for content, told in (
        (b"\xff\xfea", "not text in UTF-8"), (b"\0", "not valid yaml"), (b"a: 1\n---\nb: 2", "not valid yaml"),
        (b"", "no mapping"), (b"- a", "no mapping"),
    ):  # fmt: skip
        said = sentence(content, tmp_path)
        assert "params.yaml" in said and told in said
    with pytest.raises(UserError, match=r"absent.yaml is missing"):
        load_settings(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    "key", ["categories", "evaluate.other_teachers", "storage.root", "source.mesh_root", "networks.lite0.licence"]
)
def test_text_that_yaml_reads_as_something_else_needs_quotes(tmp_path: Path, key: str) -> None:
    values = ("03001627", "02691156", "007", "no", "off", "1e3", "0o17", "1_0", "12:30", "2024-01-01", "1.5")
    for value in values:
        given = f"[{value}]" if key in ("categories", "evaluate.other_teachers") else value
        told = sentence(PARAMS, tmp_path, f"{key}={given}")
        assert "put it in quotes" in told
        assert told.startswith(f"--set {key}={given}: ")


def test_quoted_text_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS)
    words = ('categories=["007"]', "source.kind=folder", "source.mesh_root='1e3'")
    settings = load_settings(tmp_path / "params.yaml", words)
    assert (settings.categories, settings.source.mesh_root) == (("007",), "1e3")


def test_a_setting_is_set_once(tmp_path: Path) -> None:
    told = sentence(PARAMS, tmp_path, "train.steps=1", "train.steps=2")
    assert told == "--set train.steps=1: 'train.steps' is set twice; give it once."


def test_aliases_of_a_few_values_are_read() -> None:
    assert load_yaml("a: &a [1, 2]\nb: *a\nc: {<<: {d: 1e-3}, e: 2}") == {
        "a": [1, 2],
        "b": [1, 2],
        "c": {"d": 0.001, "e": 2},
    }
