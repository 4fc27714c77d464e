"""Readers of files as class methods of SiteData, so that reading is imported only when something is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData


def reader(how: str, doc: str) -> classmethod[Any, ..., SiteData]:
    """Return the function of this name in `forecast.data.reading` as a class method."""
    return classmethod(_late(how, doc))


def reader_of_many(how: str, doc: str) -> classmethod[Any, ..., dict[str, SiteData]]:
    """Return the function of this name, which reads many sites, as a class method."""
    return classmethod(_late(how, doc))


def _late(how: str, doc: str) -> Any:
    def read(cls: type[SiteData], source: Any, *args: Any, **options: Any) -> Any:
        from forecast.data import reading

        return getattr(reading, how)(source, *args, **options)

    read.__name__, read.__doc__ = how, doc
    return read
