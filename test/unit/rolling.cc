// The judge of a rolling restart is only worth something if it rejects what is bad: hand-made
// histories of both kinds.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "test/rolling/show.hpp"

using namespace tenure::rolling;

namespace {

std::string line(const char* event, const std::string& who, const std::string& job, int t,
                 const std::string& more = "") {
  return std::string(R"({"event":")") + event + R"(","shard":")" + job + R"(","instance":")" + who +
         R"(","t_ns":)" + std::to_string(t) + more + "}";
}

class made {
 public:
  made& starts(const std::string& who, int t, int token, const std::string& job = "x") {
    return take(line("acquired", who, job, t, R"(,"fencing_token":)" + std::to_string(token)));
  }
  made& stops(const std::string& who, int t, const std::string& job = "x") {
    return take(line("stopped", who, job, t));
  }
  made& take(const std::string& text) {
    cr_assert(all.take(text), "%s", text.c_str());
    return *this;
  }
  // The only thing that is wrong with it.
  void wrong(const std::string& what) {
    const auto found = all.violations();
    cr_expect(eq(sz, found.size(), 1), "%s", what.c_str());
    if (!found.empty()) cr_expect(eq(type(std::string), std::string(found[0]), std::string(what)));
  }
  ledger all;
};

}  // namespace

Test(rolling, nothing_is_wrong_with_jobs_that_are_handed_over_in_whatever_order_it_is_read) {
  made m;
  m.starts("b", 20, 5).stops("b", 30).starts("c", 31, 7);
  m.starts("a", 1, 3).stops("a", 18).starts("a", 2, 4, "y");  // of another process, read later
  cr_expect(m.all.violations().empty());
  cr_expect(eq(sz, m.all.spans().size(), 4));
}

Test(rolling, two_at_a_time_are_found) {
  made m;
  m.starts("a", 1, 3).starts("b", 5, 4);
  m.wrong("x: started by b while it ran in a");
  // As long as it is the other job, it is nothing.
  made other;
  other.starts("a", 1, 3).starts("b", 5, 4, "y");
  cr_expect(other.all.violations().empty());
}

Test(rolling, a_start_a_nanosecond_before_the_stop_is_found) {
  made m;
  m.starts("a", 1, 3).stops("a", 10).starts("b", 9, 4);
  cr_expect(not(m.all.violations().empty()));
}

Test(rolling, fencing_tokens_that_do_not_grow_are_found) {
  made same;
  same.starts("a", 1, 3).stops("a", 2).starts("b", 3, 3);
  same.wrong("x: the fencing token of b does not grow");
  made older;
  older.starts("a", 1, 3).stops("a", 2).starts("b", 3, 2);
  older.wrong("x: the fencing token of b does not grow");
  made none;
  none.take(line("acquired", "a", "x", 1));
  none.wrong("x: the fencing token of a does not grow");
  made of_each_job;
  of_each_job.starts("a", 1, 9).starts("b", 1, 3, "y");
  cr_expect(of_each_job.all.violations().empty());
}

Test(rolling, stops_of_what_was_not_started_are_found) {
  made never;
  never.stops("a", 1);
  never.wrong("x: a stopped what it had not started");
  made twice;
  twice.starts("a", 1, 3).stops("a", 2).stops("a", 4);
  twice.wrong("x: a stopped what it had not started");
  made of_another;
  of_another.starts("a", 1, 3).stops("b", 2);
  of_another.wrong("x: b stopped what it had not started");
}

Test(rolling, gaps_are_between_the_terms_of_one_job_and_of_those_that_ended_in_that_time) {
  made m;
  m.starts("a", 1, 1)
      .stops("a", 10)
      .starts("b", 13, 2)
      .stops("b", 20)
      .starts("a", 60, 3)
      .stops("a", 100);
  m.starts("c", 0, 1, "y").stops("c", 15, "y");  // nobody has it after that
  const auto gaps = m.all.gaps(0, 1000);
  cr_assert(eq(sz, gaps.size(), 2));
  cr_expect(eq(i64, +gaps[0].length, 3));
  cr_expect(eq(i64, +gaps[1].from, 20));
  cr_expect(eq(i64, +gaps[1].length, 40));
  cr_expect(eq(sz, m.all.gaps(10, 20).size(), 1),
            "from its first moment to the last before its end");
  cr_expect(eq(sz, m.all.gaps(21, 1000).size(), 0));
}

Test(rolling, what_is_no_event_is_not_taken) {
  ledger all;
  for (const char* text :
       {"", "{", "[]", "{}", R"({"event":"acquired","shard":"x","instance":"a"})",
        R"({"event":"acquired","shard":1,"instance":"a","t_ns":1})",
        R"({"event":"acquired","shard":"x","instance":"a","t_ns":"1"})"}) {
    cr_expect(not(all.take(text)), "%s", text);
  }
  cr_expect(all.take(line("error", "a", "", 1)));
  cr_expect(all.spans().empty());
}

Test(rolling, who_runs_what_is_known_at_once) {
  made m;
  m.starts("a", 1, 1).starts("a", 1, 1, "y").stops("b", 2);
  cr_expect(eq(sz, m.all.share("a"), 2), "b has not stopped what a runs");
  m.stops("a", 3);
  cr_expect(eq(sz, m.all.share("a"), 1));
  cr_expect(eq(sz, m.all.runs().size(), 1));
}

Test(rolling, the_names_of_the_jobs_stand_over_their_columns_if_they_fit) {
  const auto names = column_names({"job-08", "job-09", "job-10"});
  cr_assert(eq(sz, names.size(), 2));
  cr_expect(eq(type(std::string), std::string(names[0]), std::string("  job-         001")));
  cr_expect(eq(type(std::string), std::string(names[1]), std::string("               890")));
  const auto uneven = column_names({"a", "abc"});
  cr_assert(eq(sz, uneven.size(), 2));
  cr_expect(eq(type(std::string), uneven[0].substr(15), std::string(" b")));
  std::vector<std::string> many(100, "job");
  many[0] = "jog";
  cr_expect(column_names(many).empty());
  cr_expect(column_names({}).empty());
}

Test(rolling, a_file_that_is_not_written_is_a_failure) {
  char path[] = "/tmp/tenure-rolling-XXXXXX";
  const int fd = mkstemp(path);
  cr_assert(ne(int, +fd, -1));
  cr_expect(not(bool(write_file(path, "all of it\n"))));
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  cr_expect(eq(type(std::string), text.str(), std::string("all of it\n")));
  cr_expect(write_file(path, "").message.find("nothing to write") != std::string::npos);
  cr_expect(write_file("/no/such/directory/file", "x").message.find("No such file") !=
            std::string::npos);
  cr_expect(write_file("/dev/full", "x").message.find("No space left") != std::string::npos);
  std::remove(path);
}
