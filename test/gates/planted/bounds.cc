// For cppcheck: an index out of bounds.
int planted() {
  int numbers[4] = {1, 2, 3, 4};
  return numbers[4];
}
