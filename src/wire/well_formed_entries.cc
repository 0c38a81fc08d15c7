// The rules of a transaction's answer: of each entry, and of what is done together.
#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "wire/names.hpp"
#include "wire/rules.hpp"
#include "wire/well_formed.hpp"

namespace tenure::wire {

namespace {

using core::op;
using etcd::key_value;
using etcd::op_kind;
using etcd::op_response;

bool same(const key_value& a, const key_value& b) {
  return a.create_revision == b.create_revision && a.mod_revision == b.mod_revision &&
         a.version == b.version && a.lease == b.lease;
}

const key_value* find(const std::vector<key_value>& kvs, std::string_view key) {
  const auto at =
      std::find_if(kvs.begin(), kvs.end(), [&](const key_value& kv) { return kv.key == key; });
  return at == kvs.end() ? nullptr : &*at;
}

// The answers to the entries of one transaction.
class entries {
 public:
  entries(const expected& asked, const electorate& electorate, std::int64_t revision,
          std::string& why)
      : asked_(asked), electorate_(electorate), revision_(revision), why_(why) {}

  bool hold(const std::vector<op_response>& all) {
    const std::size_t each = asked_.what == op::read_queue ? 2 : 1;
    if (all.size() != each * asked_.items.size()) return shape();
    for (std::size_t i = 0; i < asked_.items.size(); ++i) {
      enter(asked_.items[i]);
      if (!holds(&all[each * i])) return false;
    }
    return true;
  }

 private:
  void enter(const core::item& it) {
    item_ = it;
    key_ = names::key(electorate_.prefix(it.election), asked_.lease);
    below_ = std::string_view(key_).substr(0, electorate_.prefix(it.election).size() + 1);
  }

  bool holds(const op_response* r) {
    switch (asked_.what) {
      case op::stand: return stand(*r);
      case op::read_queue: return own(r[1]) && queue(r[0]) && agree(r[1].kvs, r[0]);
      case op::read_leader: return eldest(*r, false);
      default: return compared(*r);
    }
  }

  bool stand(const op_response& r) {
    if (!is(r, op_kind::txn) || r.responses.size() != 2) return shape();
    const op_response& first = r.responses[0];
    const op_response& line = r.responses[1];
    if (!r.succeeded) {
      return own(first) && queue(line) &&
             (!first.kvs.empty() || no(why_, "the key was not created, but is not there")) &&
             agree(first.kvs, line);
    }
    return put(first) && queue(line) && created(line);
  }

  // Our key is the youngest, and new.
  bool created(const op_response& line) {
    for (const key_value& kv : line.kvs) {
      const bool ours = kv.key == key_;
      if (ours != (kv.create_revision == revision_))
        return no(why_, "kvs: not the queue of a key that was created last");
      // etcd 3.7 shows no lease where only keys are asked for.
      if (ours && kv.lease != asked_.lease && kv.lease != 0)
        return no(why_, "kvs: our key has another lease");
    }
    return line.more || find(line.kvs, key_) != nullptr ||
           no(why_, "kvs: the key that was created is missing");
  }

  bool compared(const op_response& r) {
    if (!is(r, op_kind::txn)) return shape();
    const bool withdraws = asked_.what == op::withdraw;
    if (r.succeeded) {
      if (asked_.what == op::reassure || (withdraws && item_.create_revision == 0))
        return r.responses.empty() || shape();
      return r.responses.size() == 1 && done(r.responses[0]);
    }
    // If the queue was compared as well, its oldest key is shown.
    const bool queued = item_.nobody_before != 0;
    if (r.responses.size() != (queued ? 2 : 1) || !own(r.responses[0])) return shape();
    const std::vector<key_value>& ours = r.responses[0].kvs;
    if (queued) {
      const op_response& oldest = r.responses[1];
      if (!eldest(oldest, true) || !agree(ours, oldest)) return false;
      if (!oldest.kvs.empty() && created_at(oldest.kvs) < item_.nobody_before) return true;
    }
    return created_at(ours) != item_.create_revision ||
           no(why_, "all is as it was compared, but the compare did not hold");
  }

  // What a transaction does that changes one key which is there.
  bool done(const op_response& r) {
    if (asked_.what != op::withdraw) return put(r);
    return is(r, op_kind::removal) && (r.deleted == 1 || no(why_, "deleted: not the one key"));
  }

  // All that a transaction writes has the revision of its answer.
  bool put(const op_response& r) {
    if (!is(r, op_kind::put)) return shape();
    return r.revision == 0 || r.revision == revision_ ||
           no(why_, "a key was written at another revision than the answer's");
  }

  static std::int64_t created_at(const std::vector<key_value>& kvs) {
    return kvs.empty() ? 0 : kvs.front().create_revision;
  }

  bool own(const op_response& r) {
    return is(r, op_kind::range) && single_holds(told(r), key_, revision_, why_);
  }
  bool queue(const op_response& r) {
    return is(r, op_kind::range) &&
           range_holds(told(r), {below_, below_, queue_limit, true, true, revision_}, why_);
  }
  bool eldest(const op_response& r, bool keys_only) {
    return is(r, op_kind::range) &&
           range_holds(told(r), {below_, below_, 1, true, keys_only, revision_}, why_);
  }

  // Our key is in the queue if it is there at all, unless its place is behind what was read.
  bool agree(const std::vector<key_value>& own, const op_response& line) {
    const key_value* in_line = find(line.kvs, key_);
    if (in_line != nullptr) {
      return (!own.empty() && same(*in_line, own.front())) ||
             no(why_, "kvs: our key and the queue contradict each other");
    }
    const bool behind = line.more && (own.empty() || own.front().create_revision >=
                                                         line.kvs.back().create_revision);
    return own.empty() || behind || no(why_, "kvs: our key is missing in the queue");
  }

  bool is(const op_response& r, op_kind kind) {
    if (r.revision < 0 || r.revision > revision_)
      return no(why_, "responses: one is of a later revision than the answer");
    return r.kind == kind || shape();
  }
  // Keeps what was said before.
  bool shape() {
    if (why_.empty()) why_ = "responses: not what was asked for";
    return false;
  }

 public:
  // Of a transaction that is executed wholly or not at all.
  bool hold_together(const etcd::txn_response& r) {
    if (!r.succeeded) return r.responses.empty() || shape();
    // All that is reassured together is one empty transaction.
    if (asked_.what == op::reassure || asked_.what == op::confirm) {
      return r.responses.size() == 1 && is(r.responses[0], op_kind::txn) &&
                     r.responses[0].succeeded && r.responses[0].responses.empty()
                 ? true
                 : shape();
    }
    if (r.responses.size() != asked_.items.size()) return shape();
    return std::all_of(r.responses.begin(), r.responses.end(),
                       [&](const op_response& each) { return done(each); });
  }

 private:
  const expected& asked_;
  const electorate& electorate_;
  const std::int64_t revision_;
  std::string& why_;
  core::item item_;
  std::string key_;
  std::string_view below_;
};

}  // namespace

bool well_formed(const expected& asked, const electorate& electorate, const etcd::txn_response& r,
                 std::string& why) {
  if (!header_holds(r.header, why)) return false;
  entries all(asked, electorate, r.header.revision, why);
  if (asked.together) return all.hold_together(r);
  // Only the entries compare.
  if (!r.succeeded) return no(why, "succeeded: missing");
  return asked.what == op::confirm ? all.hold_together(r) : all.hold(r.responses);
}

}  // namespace tenure::wire
