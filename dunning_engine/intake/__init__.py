"""Floor 5: invoices, debtors and facts from files, as values of the domain; what could not be read is told by line."""
