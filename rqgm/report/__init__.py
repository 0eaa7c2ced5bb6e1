"""What can be read out of a finished or running run: audit, signs of cheating, views of the lineage, pages, exports."""
