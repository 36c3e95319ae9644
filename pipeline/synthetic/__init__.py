"""Made-up objects, written in the layouts of the published data sets."""
