"""Files on their way into SiteData: only names, units and clocks become the library's, values stay.

`from_csv`, `from_parquet`, `from_file` and `from_toml` return a SiteData, `from_long` those of all sites in
one table, `read_table` any file as it is written; `UNITS` are the units that `convert` knows.
"""

from forecast.data.reading.files import from_csv, from_file, from_parquet
from forecast.data.reading.longtable import from_long
from forecast.data.reading.sitefile import from_toml
from forecast.data.reading.table import read_table
from forecast.data.reading.units import UNITS, convert

__all__ = ["UNITS", "convert", "from_csv", "from_file", "from_long", "from_parquet", "from_toml", "read_table"]
