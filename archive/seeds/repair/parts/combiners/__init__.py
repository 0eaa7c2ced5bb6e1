"""Ways to make one number of the features' weighted values."""
