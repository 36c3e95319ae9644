"""The published data sets' files, made of a made-up object: one module a data set."""
