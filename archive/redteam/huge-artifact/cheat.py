"""Makes the artifact far larger than anything may be, and then pads it with files."""

import os

from plant import ARTIFACTS, answer, attempt


def grow(path):
    target = os.path.join(path, "padding.py") if os.path.isdir(path) else path
    with open(target, "ab") as file:
        file.write(b"\n")
        for _ in range(48):
            file.write(b"#" * (1 << 20))


for path in ARTIFACTS:
    attempt(path, grow, path)
answer(__doc__)
