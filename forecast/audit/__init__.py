"""What is wrong with a site's data: every check looks at the whole record, tells, and changes no value."""

from forecast.audit.check import check
from forecast.audit.curtailment import curtailment

__all__ = ["check", "curtailment"]
