// What was measured, and what is to be said of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// Durations (or other numbers) of which quantiles are wanted.
class sample {
 public:
  void add(double value) { values_.push_back(value); }
  // The one added last, as long as no quantile was asked for.
  [[nodiscard]] double last() const { return values_.back(); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] double quantile(double q) const;  // nearest rank; 0 of nothing
  [[nodiscard]] double median() const { return quantile(0.5); }
  [[nodiscard]] double p99() const { return quantile(0.99); }
  [[nodiscard]] double worst() const { return quantile(1); }
  [[nodiscard]] std::string times() const;  // how many there are, and what that makes of the p99

 private:
  mutable std::vector<double> values_;
};

// One line of the table.
struct figure {
  std::string name;
  std::string unit;
  double measured = 0;
  // What it is compared with, measured in the same run: "floor", "etcdctl" …
  std::string beside = {};
  double reference = 0;  // 0: nothing to compare with
  // What must be reached: the ratio to the reference, or the measured value itself. 0: only listed.
  double limit = 0;
  bool limit_is_ratio = false;

  [[nodiscard]] double ratio() const { return reference != 0 ? measured / reference : 0; }
  [[nodiscard]] double judged() const { return limit_is_ratio ? ratio() : measured; }
  [[nodiscard]] bool met() const { return limit == 0 || judged() <= limit; }
};

class report {
 public:
  void section(std::string name);
  void add(figure f);
  void note(std::string text);  // a sentence below the section's figures
  // The table of a section when it is complete, so that a long run can be followed.
  void print_section() const;
  void print_misses() const;
  void write_json(const std::string& path) const;

 private:
  struct part {
    std::string name;
    std::vector<figure> figures;
    std::vector<std::string> notes;
  };
  std::vector<part> parts_;
};

}  // namespace bench
