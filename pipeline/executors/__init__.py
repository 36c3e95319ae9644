"""One contract, three places where objects are worked on: this process, a pool of processes, a dask cluster."""
