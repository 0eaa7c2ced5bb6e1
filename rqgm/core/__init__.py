"""Words that every room shares: ids, hashes, trees, usage, counts, errors, the failure table. Imports nothing of ours."""
