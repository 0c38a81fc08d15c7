// A header that compiles only after another.
inline std::string planted() { return {}; }
