// Histories made by hand, for the tests of the fault driver's judge.
#pragma once

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdio>
#include <string>
#include <vector>

#include "test/chaos/checker.hpp"

namespace tenure::chaos {

// Times in milliseconds, TTL 3 s, three members, three candidates, one minute.
class made {
 public:
  // m0 leads etcd.
  explicit made(int members = 3, const std::string& etcd = "3.5.30") {
    add("run", 0,
        R"("seed":"1","candidates":3,"ttl_ms":3000,"members":)" + std::to_string(members) +
            R"(,"etcd":")" + etcd + '"');
    elected("m0", 0, 2);
    for (const char* who : {"a", "b", "c"}) line(who, "started", 0);
  }

  made& line(const std::string& who, const std::string& event, int ms, int token = 0,
             const std::string& reason = "") {
    std::string more = R"("instance":")" + who + '"';
    if (token != 0) more += R"(,"fencing_token":)" + std::to_string(token);
    if (!reason.empty()) more += R"(,"reason":")" + reason + '"';
    add(event, ms, more);
    return *this;
  }
  made& acquired(const std::string& who, int ms, int token) {
    return line(who, "acquired", ms, token);
  }
  // Cancelled, told lost a moment later.
  made& lost(const std::string& who, int ms, int token,
             const std::string& reason = "deadline_passed") {
    return line(who, "cancelled", ms, token, reason).line(who, "lost", ms + 1, token, reason);
  }
  made& resigned(const std::string& who, int ms, int token) {
    return line(who, "cancelled", ms, token, "resigned").line(who, "resigned", ms + 3, token);
  }
  made& elected(const std::string& member, int ms, int term) {
    add("etcd_leader", ms, R"("member":")" + member + R"(","term":)" + std::to_string(term));
    return *this;
  }
  made& fault(const std::string& kind, const std::string& target, int from_ms, int to_ms) {
    const std::string id = R"("id":)" + std::to_string(++faults_);
    add("fault", from_ms, id + R"(,"kind":")" + kind + R"(","target":")" + target + '"');
    add("fault_over", to_ms, id);
    return *this;
  }

  [[nodiscard]] verdict judged(int over_ms = 60000, history* out = nullptr) {
    add("over", over_ms, R"("x":0)");
    history parsed;
    std::string problem;
    cr_assert(parse(lines_, parsed, problem), "%s", problem.c_str());
    if (out != nullptr) *out = parsed;
    return check(parsed);
  }

 private:
  void add(const std::string& event, int ms, const std::string& more) {
    lines_.push_back(R"({"event":")" + event + R"(","t_ns":)" +
                     std::to_string((1000 + ms) * 1000000LL) + ',' + more + '}');
  }
  std::vector<std::string> lines_;
  int faults_ = 0;
};

inline void accepted(const verdict& given) {
  for (const std::string& each : given.violations) std::fprintf(stderr, "%s\n", each.c_str());
  cr_assert(given.violations.empty());
}

// Exactly this one complaint.
inline void rejected(const verdict& given, const std::string& because) {
  for (const std::string& each : given.violations) std::fprintf(stderr, "%s\n", each.c_str());
  cr_assert(eq(sz, given.violations.size(), 1));
  cr_assert(given.violations[0].find(because) != std::string::npos, "'%s' was not complained of",
            because.c_str());
}

}  // namespace tenure::chaos
