"""The editor role: edits the workspace's own source, itself included."""
