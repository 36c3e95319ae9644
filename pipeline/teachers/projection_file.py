"""A projection as bytes: safetensors, so that nothing is executed when it is read."""

import numpy as np
import safetensors
import safetensors.numpy

from pipeline.teachers.projection import Projection


def projection_to_bytes(projection: Projection) -> bytes:
    """Equal projections are equal bytes."""
    arrays = {
        "divisor": np.array(projection.divisor),
        "rms": np.array(projection.rms),
        "variance": projection.variance,
    }
    if projection.mean is not None and projection.basis is not None:
        arrays |= {"mean": projection.mean, "basis": np.ascontiguousarray(projection.basis)}
    return safetensors.numpy.save(arrays)


def projection_from_bytes(data: bytes) -> Projection:
    """Raises ValueError if the bytes are no projection."""
    try:
        arrays = safetensors.numpy.load(data)
        return Projection(
            mean=arrays.get("mean"),
            basis=arrays.get("basis"),
            divisor=float(arrays["divisor"]),
            rms=float(arrays["rms"]),
            variance=arrays["variance"],
        )
    except (safetensors.SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"no projection: {error}") from None
