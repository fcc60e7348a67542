"""What may be spent: sums of money by scope, the caps on them, and how fast spend may grow."""
