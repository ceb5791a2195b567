"""What engineers run to know how fast, how many and how good; `agent bench` stands in front."""
