// The `tenure` command started by a test, and the events that it prints.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "test/support/etcd.hpp"
#include "test/support/process.hpp"

namespace tenure::test {

// One line of JSON.
struct happening {
  std::string event;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::int64_t> numbers;

  // Ends the test if it is not there.
  [[nodiscard]] const std::string& text(const std::string& name) const;
  [[nodiscard]] std::int64_t number(const std::string& name) const;
};

class command_run {
 public:
  explicit command_run(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment = {});

  happening next();                          // the next event, whatever it is
  happening next(const std::string& event);  // the next such event; those before it are dropped
  // The next such event in which `name` is `value`.
  happening next(const std::string& event, const std::string& name, const std::string& value);
  // The events up to its end.
  std::vector<happening> rest();

  [[nodiscard]] process& child() { return child_; }

 private:
  process child_;
};

// The arguments that every campaign of these tests begins with: JSON, application "app".
[[nodiscard]] std::vector<std::string> campaign(const etcd& store, const std::string& instance,
                                                const std::vector<std::string>& more = {});
[[nodiscard]] std::vector<std::string> observe(const etcd& store,
                                               const std::vector<std::string>& more = {});

// The keys that there are below the prefix, in the order of the queue.
[[nodiscard]] std::vector<std::string> queue(const etcd& store,
                                             const std::string& prefix = "app/leader/");

// What the command did when run to its end.
struct outcome {
  ending how;
  std::string output;
  std::string errors;
};
[[nodiscard]] outcome run_to_end(const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment = {});

}  // namespace tenure::test
