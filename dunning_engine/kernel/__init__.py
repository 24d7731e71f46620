"""Floor 0: money, calendars, spans, identities, errors, diagnostics and positioned YAML."""
