"""What is to be predicted: classes, labels or numbers."""
