"""Writers of the published data sets' files, one module for each data set."""
