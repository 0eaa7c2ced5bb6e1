"""The epoch loop: gate, Thompson sampling, expansion, validation, checkpoint, replacement, erasure, endpoints."""
