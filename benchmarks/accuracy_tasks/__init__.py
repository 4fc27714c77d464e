"""Accuracy beside other libraries: what they are handed, how each is used, and how the forecasts are scored."""
