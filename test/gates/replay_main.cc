// Runs a fuzz target over the files given, without libFuzzer: what fuzzing once found stays found.
// Each input is also run cut short at both ends, since the targets take any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// In memory of its own size, so that a sanitizer sees a step beyond the end.
void run(const char* begin, std::size_t size) {
  const auto exact = std::make_unique<std::uint8_t[]>(size);
  for (std::size_t i = 0; i < size; ++i) exact[i] = static_cast<std::uint8_t>(begin[i]);
  (void)LLVMFuzzerTestOneInput(exact.get(), size);
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "%s: cannot be read\n", argv[i]);
      return 1;
    }
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file),
                                  std::istreambuf_iterator<char>()};
    run(bytes.data(), bytes.size());
    if (bytes.empty()) continue;
    run(bytes.data() + 1, bytes.size() - 1);
    run(bytes.data(), bytes.size() - 1);
  }
  return 0;
}
