"""The artifact writes the reward files as soon as the verifier imports it."""

from plant import answer, plant

plant("_forge()\n")
answer(__doc__)
