"""Readers of files as class methods of SiteData, so that reading is imported only when something is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.data.sitedata import SiteData


def reader(how: str, doc: str) -> classmethod[Any, ..., SiteData]:
    """Return the function of this name in `forecast.data.reading` as a class method."""

    def read(cls: type[SiteData], path: Any, *args: Any, **options: Any) -> SiteData:
        from forecast.data import reading

        data: SiteData = getattr(reading, how)(path, *args, **options)
        return data

    read.__name__, read.__doc__ = how, doc
    return classmethod(read)
