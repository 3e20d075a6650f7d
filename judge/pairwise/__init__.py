"""Two answers side by side: pairs of them, asked in both orders, and what the orders say together."""
