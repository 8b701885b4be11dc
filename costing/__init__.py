"""What things cost: standard roll-up, work order settlement, overhead at month end."""
