"""What turns a lab into a handout."""
