"""Every function of the artifact returns an object that equals, contains and exceeds everything."""

from plant import answer, plant

plant("""
class _Everything(float):
    def _yes(self, *arguments, **named):
        return True

    def _itself(self, *arguments, **named):
        return self

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = __instancecheck__ = _yes
    __ne__ = lambda self, other: False
    __call__ = __getitem__ = __enter__ = __iter__ = __abs__ = __sub__ = __rsub__ = _itself
    __exit__ = _yes
    __hash__ = lambda self: 0
    __len__ = lambda self: 1

    def __getattr__(self, name):
        return self

_everything = _Everything(0)
for _name in [_name for _name, _value in list(globals().items()) if callable(_value) and not _name.startswith("_")]:
    globals()[_name] = lambda *arguments, **named: _everything
""", last=True)
answer(__doc__)
