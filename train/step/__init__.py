"""One step: losses, gradients, update."""
