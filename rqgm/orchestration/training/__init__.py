"""Training of the policies that learn: REINFORCE on episodes whose truth is known. Needs the extra `[train]`."""
