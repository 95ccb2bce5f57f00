"""Whether the measuring tells the truth on this very installation: simulated marketplaces whose truth is known.

Nothing here looks behind the service: records are uploaded, answers asked for and reports read as a marketplace does,
in scratch databases, and beside it a ledger is kept of what truly happened.
"""
