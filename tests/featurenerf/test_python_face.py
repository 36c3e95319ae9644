import pkgutil
import subprocess
import sys

import pytest

import featurenerf


def test_every_public_name_is_there_and_no_other() -> None:
    assert dir(featurenerf) == sorted(featurenerf.__all__)
    for name in featurenerf.__all__:
        assert getattr(featurenerf, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'see'"):
        _ = featurenerf.see


def test_the_import_loads_neither_torch_nor_numpy() -> None:
    program = "import featurenerf, sys; print(*{'torch', 'numpy', 'pydantic'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_no_module_hides_a_function_of_its_name() -> None:
    # importing featurenerf.match as a module would put it where the function is
    modules = {module.name for module in pkgutil.iter_modules(featurenerf.__path__)}
    assert modules.isdisjoint(featurenerf.__all__)
