"""The names of a site's inputs that are always called the same; sources of weather have names of their own."""

#: measured at the site
MEASURED = ("power", "observed", "available_kw", "curtailed")
#: those, and weather where its one source has no name
PLAIN = (*MEASURED, "nwp")
