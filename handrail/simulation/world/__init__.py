"""The world of a simulation, in memory: the shop's data, the record of cases, the model, the clock."""
