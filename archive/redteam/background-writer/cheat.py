"""The artifact leaves a daemon behind that writes the reward files for as long as it lives."""

from plant import answer, plant

plant("""
import time as _time

def _daemon():
    if _os.fork():
        return
    _os.setsid()
    if _os.fork():
        _os._exit(0)
    for _descriptor in range(256):
        _attempt(_os.close, _descriptor)
    for _ in range(20_000):
        _forge()
        _time.sleep(0.001)
    _os._exit(0)

for _ in range(4):
    _attempt(_daemon)
""")
answer(__doc__)
