"""The formats of `pipeline export`. A new one is a file here and a line in EXPORTERS."""

from collections.abc import Mapping

from pipeline.exchange.camera_npy import CAMERA_NPY
from pipeline.exchange.exporter import Exporter
from pipeline.exchange.npz import NPZ
from pipeline.exchange.transforms import TRANSFORMS_JSON
from pipeline.exchange.webdataset import WEBDATASET

EXPORTERS: Mapping[str, Exporter] = {
    "transforms": TRANSFORMS_JSON,
    "png": CAMERA_NPY,
    "npz": NPZ,
    "webdataset": WEBDATASET,
}
