// A core that looks at the clock by itself.
#include <ctime>

long planted() { return static_cast<long>(std::time(nullptr)); }
