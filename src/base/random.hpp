// The shipped library's free choices: a small generator seeded by the system.
#pragma once

#include <cstdint>

#include "core/choices.hpp"

namespace tenure {

class random_choices final : public core::choices {
 public:
  random_choices();
  std::uint64_t below(std::uint64_t bound) override;

 private:
  std::uint64_t state_ = 0;
};

}  // namespace tenure
