"""What the coder is made of: parts, constants and lists of parts, and nothing else. The editor evolves this file."""

from coder.localise import failing_lines
from coder.operators import arithmetic, comparison, constants
from coder.orders import interleaved
from coder.rankings import first_found
from coder.searches import single

LOCALISE = failing_lines
OPERATORS = [comparison, constants, arithmetic]
ORDER = interleaved
SEARCHES = [single]
RANKING = [first_found]

OPERATOR_WEIGHTS = {}  # operator name -> weight in orders that use weights; others count 1.0
MAX_CANDIDATES = 10_000  # programs tried
MAX_PLAUSIBLE = 10  # the search ends with so many plausible patches, or with as many as the rankings have a use for
MAX_STEPS = 400_000  # counted work in all; the run's limit holds as well
CASE_STEPS = 4_000  # counted work of one case at most
CASE_MARGIN = 8  # a case may take so many times the work that it takes in the faulty program
SEARCH_SHARE = 0.6  # part of what is left that each search but the last may use
RANK_SHARE = 0.3  # part of the steps kept for rankings that run programs
RANK_DECAY = 0.5  # weight of the next ranking in the list, as part of the one before it
INPUTS = 24  # generated inputs for rankings that look at behaviour
