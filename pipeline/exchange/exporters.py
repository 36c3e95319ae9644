"""The formats of `pipeline export`. A new one is a file here and a line in EXPORTERS."""

from collections.abc import Callable, Mapping

from pipeline.exchange.camera_npy import CameraNpy
from pipeline.exchange.exporter import Exporter
from pipeline.exchange.npz import Npz
from pipeline.exchange.transforms import Transforms
from pipeline.exchange.webdataset import WebDataset

EXPORTERS: Mapping[str, Callable[..., Exporter]] = {
    "transforms": Transforms,
    "png": CameraNpy,
    "npz": Npz,
    "webdataset": WebDataset,
}
