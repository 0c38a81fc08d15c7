// A symbol that nobody decided to export.
namespace tenure {
__attribute__((visibility("default"))) int planted() { return 1; }
}  // namespace tenure
