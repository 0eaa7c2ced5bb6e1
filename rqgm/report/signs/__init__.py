"""Signs of cheating: a panel of detectors over a run's lineage, each sign with its evidence (docs/signs.md)."""

from rqgm.report.signs.detector import Detector
from rqgm.report.signs.panel import DETECTORS, find_signs
from rqgm.report.signs.sign import Evidence, FileEvidence, RecordEvidence, Sign

__all__ = ["DETECTORS", "Detector", "Evidence", "FileEvidence", "RecordEvidence", "Sign", "find_signs"]
