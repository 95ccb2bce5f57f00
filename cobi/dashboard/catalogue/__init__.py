"""The catalogue: how shops, offers, tags and keywords did, what ends soon, what nobody is shown, one item."""
