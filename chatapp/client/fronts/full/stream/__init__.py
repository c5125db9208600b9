"""The full-screen client as a stream of lines, without boxes: the same model, another view and another shell."""
