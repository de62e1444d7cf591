"""How much an address may ask and an account may order: fixed windows of the clock."""
