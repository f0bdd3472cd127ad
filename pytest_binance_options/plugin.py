"""What pytest sees: options, ini keys, the marker and the fixtures' names. Decides nothing, imports nothing heavy."""
