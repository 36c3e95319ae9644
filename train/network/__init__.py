"""The network: encoder, pixel features, field."""
