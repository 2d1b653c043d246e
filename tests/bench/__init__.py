"""
What it costs, measured. `python -m tests.bench` says which benchmarks there are; none of them is a test.
"""
