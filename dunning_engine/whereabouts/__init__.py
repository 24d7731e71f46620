"""Floor 5: where a debtor may be, and which days are working days there; the libraries behind two small ports."""
