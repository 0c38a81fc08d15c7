// Somebody else deletes the leader's key: when is the leader told?
#include "test/bench/world.hpp"

namespace bench {

namespace {

// Deletes every key of the election; answers when the delete was sent.
std::int64_t delete_all(connection& to, const std::string& prefix) {
  const std::int64_t at = now_ns();
  (void)to.post("/v3/kv/deleterange", "{" + prefix_fields(prefix) + "}");
  return at;
}

}  // namespace

void deleted(world& w) {
  w.out.section("the leader's key is deleted by somebody else");
  floor_of_a_push floor(w.port);
  const std::string app = w.new_app("deleted");
  subject ours(w.contender(app, "a", 1));
  connection to(w.port);
  sample floor_us;
  sample cancelled_us;
  sample lost_us;
  for (int i = 0; i < w.runs; ++i) {
    (void)ours.hear("leading");
    rest_ms(30);
    floor_us.add(floor.once_us());
    const std::int64_t at = delete_all(to, app + "/");
    const std::int64_t cancelled = ours.hear("cancelled");
    const std::int64_t lost = ours.hear("lost");
    cancelled_us.add(static_cast<double>(cancelled - at) / 1e3);
    lost_us.add(static_cast<double>(lost - at) / 1e3);
  }
  w.out.add({"delete sent -> token's on_cancel told, median", "us", cancelled_us.median(), "floor",
             floor_us.median()});
  w.out.add(
      {"delete sent -> lost, median", "us", lost_us.median(), "floor", floor_us.median(), 2, true});
  w.out.add({"the same, p99", "us", lost_us.p99(), "floor", floor_us.p99()});
  auto theirs = w.etcd.etcdctl_process({"elect", "etcdctl-deleted", "x"});
  (void)theirs.next_line();
  (void)delete_all(to, "etcdctl-deleted/");
  rest_ms(1000);
  w.out.note(std::string("etcdctl elect, its key deleted: ") +
             (theirs.running() && !theirs.poll_line() ? "goes on leading, not noticed within 1 s"
                                                      : "noticed"));
}

}  // namespace bench
