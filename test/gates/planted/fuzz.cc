// A fuzz target with a fault: it reads one byte too many.
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  volatile std::uint8_t seen = data[size];
  return seen == 0 ? 0 : 0;
}
