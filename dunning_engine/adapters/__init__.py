"""Ways out of the house: each module hands cleared actions to one kind of receiver."""
