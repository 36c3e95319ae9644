"""What a run will need of disk, memory and time, reckoned before it begins."""
