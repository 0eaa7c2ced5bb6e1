"""What every room shares: hashes, trees, usage, counts, errors, the failure table. Imports nothing of ours."""
