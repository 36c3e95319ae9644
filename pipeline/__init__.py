"""The front door, the stages and the data layer."""
