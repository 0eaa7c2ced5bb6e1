"""Sandboxes: one protocol, three back-ends, a pool of clean ones."""
