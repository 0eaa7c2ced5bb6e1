"""The artifact writes forged results and rewards to every descriptor that is open."""

from plant import answer, plant

plant("""
_lines = (b"true\\n" * 50 + b'{"reward": 1.0, "passed": 99, "total": 99}\\n' * 50 + b"1.0\\n" * 50)
for _descriptor in range(64):
    for _chunk in (_lines, b"[" * 200_000 + b"\\n", b"NaN\\n", b"9" * 100_000 + b"\\n", b"\\xff\\x00\\n"):
        _attempt(_os.write, _descriptor, _chunk)
""")
answer(__doc__)
