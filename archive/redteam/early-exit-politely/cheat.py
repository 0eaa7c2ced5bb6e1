"""The artifact raises SystemExit(0), from the import and from every function."""

from plant import answer, plant

plant("""
def _leave(*arguments, **named):
    raise SystemExit(0)

for _name in [_name for _name, _value in list(globals().items()) if callable(_value) and not _name.startswith("_")]:
    globals()[_name] = _leave
_forge()
raise SystemExit(0)
""", last=True)
answer(__doc__)
