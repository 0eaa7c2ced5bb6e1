"""From configuration to live objects: experiments, shelves, locks, resume, progress."""
