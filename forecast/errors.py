"""All exceptions; each inherits the builtin a user would catch, and carries the facts."""


class QuarterhourError(Exception):
    """Base of every error this library raises on purpose."""


class TimeError(QuarterhourError, ValueError):
    """A time index, step, label or zone that cannot be used."""


class StepError(TimeError):
    """A step or horizon that does not fit the data or the other settings."""


class UnitError(QuarterhourError, ValueError):
    """A unit that is not known, or values that cannot be in the stated unit."""


class SiteError(QuarterhourError, ValueError):
    """A site description that cannot be, or another site than the fitted one."""


class ColumnError(QuarterhourError, KeyError):
    """A column that was expected and is not there, or one that must not be there."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument; people read these messages
        return str(self.args[0]) if self.args else ""


class InputTypeError(QuarterhourError, TypeError):
    """An input of a type that cannot be used."""


class SettingsError(QuarterhourError, ValueError):
    """A setting that is not known or does not fit the others."""


class NotFittedError(QuarterhourError, ValueError):
    """A forecaster or model that was asked for a forecast before `fit`."""


class NotEnoughDataError(QuarterhourError, ValueError):
    """Too few usable rows to fit or score."""


class BundleError(QuarterhourError, ValueError):
    """A saved forecaster that is damaged, foreign, or of a newer format."""


class ReadingError(QuarterhourError, ValueError):
    """A file that cannot be read as stated: names file, column, row and remedy."""


class ShapeError(QuarterhourError, ValueError):
    """Arrays that do not belong together: other shapes, other indexes."""


class MissingExtraError(QuarterhourError, ImportError):
    """An optional dependency that is not installed: names the extra that brings it."""


class DatasetError(QuarterhourError, ValueError):
    """A shipped dataset that does not exist: names those that do."""


class WeatherError(QuarterhourError, ValueError):
    """A weather forecast whose dims, times, heights or time meaning cannot be read as they stand."""
