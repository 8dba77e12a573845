"""What a model was asked and what it answered, in the words of the conventions."""
