"""Speed and quality, measured side by side; nothing here is a test."""
