"""The benchmarks are scripts beside the package: their folder is put on the path for these tests."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
sys.path.append(str(BENCHMARKS))
