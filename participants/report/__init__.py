"""How real a flow is, in the literature's terms: of a running exchange, or of a record."""
