"""The forges: one folder each, alike in shape."""
