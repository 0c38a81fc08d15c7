// `tenure observe`: prints who leads, and every change, without standing.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "host.hpp"

namespace tenure::tool {
namespace {

error follow(host& on, observer& follower, const std::string& shard) {
  observer_events events;
  events.leader = [&on, shard](const leader_info& info) {
    on.events().write(leader_event(shard, info));
  };
  events.trouble = [&on, shard](const error& why) { on.trouble(event("error", shard), why); };
  return follower.follow(on.session(), shard, std::move(events));
}

error follow_all(host& on, directory& follower) {
  directory_events events;
  events.leader = [&on](const std::string& shard, const leader_info& info) {
    on.events().write(leader_event(shard, info));
  };
  events.current = [&on] { on.events().write(event("current")); };
  return follower.follow(on.session(), std::move(events));  // troubles are told by the session
}

int refused(const error& why) {
  std::fprintf(stderr, "tenure observe: %s\n", why.message.c_str());
  return exit_code_of(why);
}

}  // namespace

int observe(const settings& chosen) {
  host* running = nullptr;
  host on(chosen, {[&running] { running->finish(exit_done); }, nullptr});
  running = &on;

  session_events events;
  events.trouble = [&on](const error& why) { on.trouble(event("error"), why); };
  events.warning = [&on](const std::string& what) {
    on.events().write(event("warning").add("message", what));
  };
  if (const error failed = on.open(std::move(events))) return refused(failed);

  directory everything;
  if (chosen.all) {
    if (const error failed = follow_all(on, everything)) on.finish(refused(failed));
  }
  std::vector<observer> followers(chosen.shards.size());
  for (std::size_t i = 0; i < followers.size(); ++i) {
    const error failed = follow(on, followers[i], chosen.shards[i]);
    if (!failed) continue;
    on.finish(refused(failed));
    break;
  }
  return on.run();
}

}  // namespace tenure::tool
