"""What every part of Cobi may speak of: record types, identifiers, answers and errors."""
