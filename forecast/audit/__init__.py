"""What is wrong with a site's data: every check looks at the whole record, tells, and changes no value."""

from forecast.audit.check import check

__all__ = ["check"]
