"""The verbs: each decides, and works in the transaction it is handed."""
