"""Features that the reviewer may use: each says from -1 (overfits) to 1 (right) what it makes of a patch."""
