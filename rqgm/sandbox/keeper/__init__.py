"""The keeper: our one program inside every sandbox. It places trees, runs commands under limits, hands files out.

The engine sends these modules to a Python (3.9 or newer, standard library only) inside the sandbox and then talks with
it over its standard input and output in frames: 4 bytes of length, a header, then `size` bytes. The keeper is the
parent of whatever runs, so that nothing can outlive a command. A sandbox is as quick to start as this program: so it
imports nothing that needs `re`, `enum` or `typing`. Three kinds of place, told apart by the hello message:

* ``container``: process 1 of a container, root with five capabilities; commands run as `uid` with none;
* ``cage``: process 1 of an outer bubblewrap; each command runs in an inner bubblewrap with namespaces of its own, so
  that it cannot see or signal the keeper although (rootless) both have the same user;
* ``host``: a plain process on the host, which stands in front of a scratch folder (`base`); limits only.
"""
