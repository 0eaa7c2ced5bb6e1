"""Pages: a run as one self-contained HTML file (`rqgm report`), or the same pages live (`rqgm view`)."""
