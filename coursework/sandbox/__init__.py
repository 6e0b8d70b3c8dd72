"""Runs a student's code: limits and isolation, the worker process, the protocol to it."""
