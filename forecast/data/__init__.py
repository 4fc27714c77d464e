"""What was measured and forecast at a site, cleaned by rules that never look ahead."""

from forecast.data.sitedata import SiteData

__all__ = ["SiteData"]
