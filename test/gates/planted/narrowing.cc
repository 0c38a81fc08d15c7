// For -Wconversion: a value that may change on its way.
short planted(long value) { return value; }
