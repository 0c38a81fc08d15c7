#include "test/chaos/stuck_disk.hpp"
namespace tenure::chaos { int stuck_disk(bool) { return 2; } }
