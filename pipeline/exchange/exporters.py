"""The formats of `pipeline export`. A new one is a file here and a line in EXPORTERS."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from pipeline.exchange.camera_npy import CAMERA_NPY
from pipeline.exchange.exporter import Exporter
from pipeline.exchange.npz import NPZ
from pipeline.exchange.transforms import TRANSFORMS_JSON
from pipeline.exchange.webdataset import WEBDATASET

# A call gives the format, with what is to be changed of it: `objects_together` of webdataset.
EXPORTERS: Mapping[str, Callable[..., Exporter]] = {
    "transforms": partial(replace, TRANSFORMS_JSON),
    "png": partial(replace, CAMERA_NPY),
    "npz": partial(replace, NPZ),
    "webdataset": partial(replace, WEBDATASET),
}
