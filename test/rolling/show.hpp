// The same twice: while it happens, as a table on the terminal; afterwards, as a picture.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tenure/error.hpp"
#include "test/rolling/ledger.hpp"

namespace tenure::rolling {

// What stands over the columns of the table, one for each job: what their names have in common at
// the left, the rest from top to bottom. Nothing if it does not fit a terminal.
[[nodiscard]] std::vector<std::string> column_names(const std::vector<std::string>& jobs);

// Redrawn in place if standard output is a terminal; else a line whenever the shares have changed.
class table {
 public:
  table(std::vector<std::string> instances, std::vector<std::string> jobs);
  void show(const ledger& now, const std::string& phase);

 private:
  std::vector<std::string> instances_;
  std::vector<std::string> jobs_;
  std::vector<std::string> names_;
  bool terminal_;
  bool drawn_ = false;
  std::string last_;
};

struct restart {
  std::string who;
  nanos told = 0;  // to stop
  nanos ended = 0;
  nanos again = 0;  // it was started again
};

// A lane for each job, a colour for each instance.
[[nodiscard]] std::string draw(const std::vector<span>& spans,
                               const std::vector<std::string>& instances,
                               const std::vector<restart>& restarts, const std::string& title);

// The file is there, with all of it, or it is said why not. Nothing to write is a failure, too.
[[nodiscard]] error write_file(const std::string& path, const std::string& text);

}  // namespace tenure::rolling
