"""What is refused: kept, looked at, mended and tried again."""
