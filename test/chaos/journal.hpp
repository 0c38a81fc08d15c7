// The history while it is being made: one JSON object a line.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "test/chaos/history.hpp"

namespace tenure::chaos {

[[nodiscard]] nanos now();  // CLOCK_MONOTONIC, as the candidates' t_ns

class journal {
 public:
  using field = std::pair<const char*, std::variant<std::int64_t, std::string>>;

  void add(std::string line) { lines_.push_back(std::move(line)); }  // as a candidate printed it
  void write(const char* event, nanos t, const std::vector<field>& fields);

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] bool save(const std::string& path) const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace tenure::chaos
