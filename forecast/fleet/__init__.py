"""Many sites: fitted, forecast and summed together; a site that fails has its reason and stops no other."""


from forecast.fleet.predicting import predict_fleet


__all__ = ["predict_fleet"]
