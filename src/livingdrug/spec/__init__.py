"""Library and scenario files, read once at the door into typed objects, by one validator with one form of message."""
