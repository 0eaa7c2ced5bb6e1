"""What a run leaves behind: the lineage (git), the ledger (SQLite), blobs (files), and the state folded from them."""
