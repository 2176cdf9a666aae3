"""Connections: their certificates and their patience."""
