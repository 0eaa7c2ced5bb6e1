"""Every function of the artifact returns NaN, which compares false with everything."""

from plant import answer, plant

plant("""
_nan = float("nan")
for _name in [_name for _name, _value in list(globals().items()) if callable(_value) and not _name.startswith("_")]:
    globals()[_name] = lambda *arguments, **named: _nan
""", last=True)
answer(__doc__)
