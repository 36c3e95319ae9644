"""200,000 brackets in any file that the project reads as JSON are damage, and no RecursionError."""

import ast
from pathlib import Path, PurePosixPath

import pytest

from pipeline.artifacts.projections import kept_projection
from pipeline.artifacts.receipts import read_receipt, receipt_path
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import parsed_json
from pipeline.errors import UserError
from pipeline.manifests.manifest import every_manifest, manifest_path
from pipeline.manifests.splits import read_given_splits
from pipeline.stores.checked_json import DamagedJsonError, checked
from pipeline.stores.store import Store
from pipeline.stores.typed_json import load_json, parse_json

DEEP = b"[" * 200_000
ROOT = Path(__file__).resolve().parents[2]
# They read what another process of this project, started by them, writes into a pipe.
PIPES = {
    "pipeline/teachers/feature_server.py",
    "render/backends/blender/frames.py",
}
MODELS = {"train/model_record.py", "train/trained_field.py"}
TABLES = {"pipeline/synthetic/kernel/table.py", "pipeline/synthetic/partnet_names.py"}  # of the package itself


def write(path: Path, content: bytes = DEEP) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [DEEP, b'{"a":' * 200_000, b"\xff", b"", b"9" * 5000, b"[1", b"nul"])
def test_json_is_a_value_or_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        load_json(content)
    with pytest.raises(ValueError, match=r".+"):
        parse_json(content, dict)
    with pytest.raises(DamagedJsonError):
        checked(content)


def test_deep_files_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(manifest_path("plane"))
    with pytest.raises(UserError, match=r"plane.json is damaged"):
        every_manifest()
    write(receipt_path("render", "plane"))
    with pytest.raises(UserError, match=r"plane.json is damaged"):
        read_receipt("render", "plane")
    write(Path("splits/02691156.json"))
    with pytest.raises(UserError, match="is no released split file"):
        read_given_splits("splits", "02691156")
    with pytest.raises(DatasetError, match="nested too deeply"):
        parsed_json(DEEP, PurePosixPath("a.json"))
    for name in ("about.json", "projection.json", "projection.safetensors"):
        write(Path("fitted") / name)
    assert kept_projection(Path("fitted")) is None
    store = Store(tmp_path / "stores", "views", "plane", {}, ())
    write(store.path / "about.json")
    with pytest.raises(UserError, match=r"unreadable.*move that folder away"):
        store.create()
    write(store.marker_path(0))
    assert store.done(0) is None


def test_json_is_parsed_in_one_place() -> None:
    parsers = set()
    for room in ("pipeline", "render", "train", "eval", "featurenerf"):
        for path in (ROOT / room).rglob("*.py"):
            names = {
                ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
            }
            if names & {"json.loads", "json.load", "yaml.safe_load"}:
                parsers.add(path.relative_to(ROOT).as_posix())
    assert parsers <= {"pipeline/stores/typed_json.py", *PIPES, *MODELS, *TABLES}
