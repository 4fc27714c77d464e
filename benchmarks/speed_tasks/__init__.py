"""What the speed benchmark measures and with what clock; runs under our Python and under every peer's."""
