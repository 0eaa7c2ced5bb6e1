"""What all roles of this workspace share: messages, values, bounded runs, coverage, edits, generated inputs."""
