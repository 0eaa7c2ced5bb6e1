"""The audit of a run: named checks of all that lies in its folder, by somebody who did not make it."""
