"""Floor 2: statutory late-payment money. Interest and fixed sums as dated, cited data, and the arithmetic over them."""
