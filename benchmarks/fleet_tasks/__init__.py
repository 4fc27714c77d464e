"""What benchmarks/fleet.py measures, a file a part."""
