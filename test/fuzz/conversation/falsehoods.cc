#include "test/fuzz/conversation/falsehoods.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etcd/base64.hpp"
#include "test/fuzz/conversation/world.hpp"

namespace fuzz {

namespace {

namespace rj = tenure::rapidjson;

class distortion {
 public:
  distortion(json& answer, const json* question, unsigned where, const model& truth)
      : answer_(answer), question_(question), where_(where), truth_(truth) {
    root_ = &answer;
    if (answer.HasMember("result")) root_ = &answer["result"];
    find(*root_);
    if (question != nullptr) ask(*question);
  }

  void make(unsigned kind) {
    switch (kind % 40) {
      case 0: return drop(header(), "revision");
      case 1: return set(header(), "revision", "-5");
      case 2: return set(header(), "revision", "9223372036854775807");
      case 3: return set(header(), "revision", "9223372036854775806");
      case 4: return set(header(), "revision", "0");
      case 5: return set(header(), "raft_term", "2");
      case 6: return drop(header(), "raft_term");
      case 7: return set(header(), "cluster_id", "12");
      case 8: return drop(header(), "member_id");
      case 9: return drop(root_, "header");
      case 10: return shorten(list(*root_, "responses"));
      case 11: return repeat(list(*root_, "responses"));
      case 12: return drop(root_, "responses");
      case 13: return rename();
      case 14: return flip(root_);
      case 15: return flip(one(transactions_));
      case 16: return drop(one(transactions_), "responses");
      case 17: return shorten(list_of(one(transactions_)));
      case 18: return repeat(list_of(one(transactions_)));
      case 19: return leave_out_our_key();
      case 20: return shorten(kvs());  // and the count stays
      case 21: return add_stranger();
      case 22: return set(a_key(), "create_revision", beyond());
      case 23: return set(a_key(), "mod_revision", beyond());
      case 24: return set(a_key(), "mod_revision", "-1");
      case 25: return drop(a_key(), "version");
      case 26: return add_true(one(ranges_), "more");
      case 27: return repeat(kvs());
      case 28: return swap_first(kvs());
      case 29: return set(a_key(), "value", "eA==");
      case 30: return answers_a_grant() ? set(root_, "TTL", "0") : void();
      case 31: return answers_a_grant() ? set(root_, "TTL", "1") : void();
      case 32: return set(root_, "TTL", "1000000000");
      case 33: return set(root_, "ID", "4711");
      case 34: return forge_delete("watch_id", "7", 0);
      case 35: return forge_delete("watch_id", "", 5);
      case 36: return forge_delete("raft_term", "1", 0);
      case 37: return stranger_event();
      case 38: return older_than_its_keys();
      default: return set(root_, "compact_revision", beyond());
    }
  }

 private:
  // --- what there is -----------------------------------------------------------------------------
  void find(node& in) {
    if (in.IsArray()) {
      for (node& each : in.GetArray()) find(each);
    }
    if (!in.IsObject()) return;
    if (in.HasMember("count") || in.HasMember("kvs")) ranges_.push_back(&in);
    for (auto& each : in.GetObject()) {
      if (std::string_view(each.name.GetString()) == "response_txn")
        transactions_.push_back(&each.value);
      find(each.value);
    }
  }

  // Our keys: those that the question puts, or reads alone.
  void ask(const node& in) {
    if (in.IsArray()) {
      for (const node& each : in.GetArray()) ask(each);
    }
    if (!in.IsObject()) return;
    if (in.HasMember("key") && !in.HasMember("range_end"))
      ours_.emplace_back(in["key"].GetString());
    for (const auto& each : in.GetObject()) ask(each.value);
  }
  [[nodiscard]] bool answers_a_grant() const {
    return question_ != nullptr && question_->IsObject() && question_->HasMember("TTL");
  }

  node* one(const std::vector<node*>& all) const {
    return all.empty() ? nullptr : all[where_ % all.size()];
  }
  node* header() const { return member(root_, "header"); }
  static node* member(node* in, const char* name) {
    if (in == nullptr || !in->IsObject() || !in->HasMember(name)) return nullptr;
    return &(*in)[name];
  }
  static node* list(node& in, const char* name) {
    node* const found = member(&in, name);
    return found != nullptr && found->IsArray() && !found->Empty() ? found : nullptr;
  }
  static node* list_of(node* transaction) {
    return transaction == nullptr ? nullptr : list(*transaction, "responses");
  }
  node* kvs() const {
    node* const range = one(ranges_);
    return range == nullptr ? nullptr : list(*range, "kvs");
  }
  node* a_key() const {
    node* const all = kvs();
    return all == nullptr ? nullptr : &(*all)[where_ / 4 % all->Size()];
  }
  [[nodiscard]] std::string beyond() const {
    return std::to_string(truth_.revision() + 1 + where_ % 3);
  }

  // --- what can be done to it --------------------------------------------------------------------
  node text(std::string_view what) {
    return node(what.data(), static_cast<rj::SizeType>(what.size()), answer_.GetAllocator());
  }
  static void drop(node* from, const char* name) {
    if (from != nullptr && from->IsObject()) from->RemoveMember(name);
  }
  void put(node* to, const char* name, node what) {
    if (to == nullptr || !to->IsObject()) return;
    to->RemoveMember(name);
    to->AddMember(text(name), what, answer_.GetAllocator());
  }
  void set(node* in, const char* name, std::string_view what) { put(in, name, text(what)); }
  void add_true(node* to, const char* name) { put(to, name, node(true)); }
  static void shorten(node* what) {
    if (what != nullptr) what->PopBack();
  }
  void repeat(node* what) {
    if (what == nullptr) return;
    node again((*what)[where_ % what->Size()], answer_.GetAllocator());
    what->PushBack(again, answer_.GetAllocator());
  }
  static void swap_first(node* what) {
    if (what != nullptr && what->Size() > 1) (*what)[0].Swap((*what)[1]);
  }
  void flip(node* in) {
    if (in == nullptr) return;
    if (in->HasMember("succeeded")) {
      drop(in, "succeeded");
    } else if (in->HasMember("responses")) {
      add_true(in, "succeeded");
    }
  }
  void rename() {
    node* const all = list(*root_, "responses");
    if (all == nullptr) return;
    node& first = (*all)[where_ % all->Size()];
    if (!first.IsObject() || first.MemberCount() == 0) return;
    constexpr const char* kinds[] = {"response_put", "response_range", "response_delete_range",
                                     "response_txn"};
    for (const char* each : kinds) {
      if (first.HasMember(each)) continue;
      node inner;
      inner.Swap(first.MemberBegin()->value);
      first.RemoveAllMembers();
      put(&first, each, std::move(inner));
      return;
    }
  }
  void count(node& range) { set(&range, "count", std::to_string(range["kvs"].Size())); }

  void leave_out_our_key() {
    for (node* range : ranges_) {
      node* const all = list(*range, "kvs");
      if (all == nullptr || range->HasMember("more")) continue;
      for (auto at = all->Begin(); at != all->End(); ++at) {
        if (!at->HasMember("key")) continue;
        if (std::find(ours_.begin(), ours_.end(), (*at)["key"].GetString()) == ours_.end())
          continue;
        all->Erase(at);
        count(*range);
        return;
      }
    }
  }

  node key_of(std::string_view name, std::int64_t create) {
    node out(rj::kObjectType);
    std::string coded;
    tenure::etcd::append_base64(coded, name);
    set(&out, "key", coded);
    set(&out, "create_revision", std::to_string(create));
    set(&out, "mod_revision", std::to_string(create));
    set(&out, "version", "1");
    return out;
  }

  // A rival from elsewhere, in front of all.
  void add_stranger() {
    node* const range = one(ranges_);
    if (range == nullptr) return;
    if (!range->HasMember("kvs")) put(range, "kvs", node(rj::kArrayType));
    node& all = (*range)["kvs"];
    node changed(rj::kArrayType);
    changed.PushBack(key_of("another/leader/1", 1), answer_.GetAllocator());
    for (node& each : all.GetArray()) changed.PushBack(each, answer_.GetAllocator());
    all.Swap(changed);
    count(*range);
  }

  // The one in front of somebody is said to have gone, in a message that is not to be believed.
  void forge_delete(const char* name, std::string_view value, std::int64_t later) {
    const model::key* const first = truth_.eldest(prefix);
    if (question_ != nullptr || first == nullptr || !says_nothing_else()) return;
    node kv = key_of(first->name, truth_.revision() + later);
    for (const char* each : {"create_revision", "version"}) drop(&kv, each);
    event(std::move(kv), true);
    if (std::string_view(name) == "raft_term") {
      set(header(), name, value);
    } else if (!value.empty()) {
      set(root_, name, value);
    }
  }
  void stranger_event() {
    if (question_ != nullptr || !says_nothing_else()) return;
    event(key_of("another/leader/1", truth_.revision()), where_ % 2 != 0);
  }
  [[nodiscard]] bool says_nothing_else() const {
    return header() != nullptr && !root_->HasMember("created") && !root_->HasMember("canceled");
  }
  void event(node kv, bool deleted) {
    node e(rj::kObjectType);
    if (deleted) set(&e, "type", "DELETE");
    put(&e, "kv", std::move(kv));
    node all(rj::kArrayType);
    all.PushBack(e, answer_.GetAllocator());
    put(root_, "events", std::move(all));
    drop(root_, "watch_id");
  }

  // The header's revision lies below one of the keys'.
  void older_than_its_keys() {
    node* const k = a_key();
    if (k == nullptr || !k->HasMember("mod_revision")) return;
    const std::int64_t mod = std::strtoll((*k)["mod_revision"].GetString(), nullptr, 10);
    if (mod > 1) set(header(), "revision", std::to_string(mod - 1));
  }

  json& answer_;
  const json* question_;
  const unsigned where_;
  const model& truth_;
  node* root_ = nullptr;
  std::vector<node*> ranges_;
  std::vector<node*> transactions_;
  std::vector<std::string> ours_;
};

void collect(node& in, std::vector<node*>& out) {
  out.push_back(&in);
  if (in.IsArray()) {
    for (node& each : in.GetArray()) collect(each, out);
  } else if (in.IsObject()) {
    for (auto& each : in.GetObject()) collect(each.value, out);
  }
}

}  // namespace

void contradict(json& answer, const json* question, unsigned kind, unsigned where,
                const model& truth) {
  distortion(answer, question, where, truth).make(kind);
}

void mutate(json& answer, unsigned kind, unsigned where, unsigned with, std::int64_t revision) {
  std::vector<node*> all;
  collect(answer, all);
  node& at = *all[where % all.size()];
  auto& memory = answer.GetAllocator();
  const std::string numbers[] = {"",
                                 "0",
                                 "1",
                                 "-1",
                                 "2",
                                 std::to_string(revision),
                                 std::to_string(revision + 1),
                                 std::to_string(revision - 1),
                                 "9223372036854775807",
                                 "9223372036854775806",
                                 "-9223372036854775808",
                                 "1000000000",
                                 "18446744073709551615",
                                 "YXBwL2xlYWRlci8x",
                                 "9000000000",
                                 "é"};
  switch (kind % 8) {
    case 0: {
      const std::string& text = numbers[with % 16];
      at.SetString(text.data(), static_cast<rj::SizeType>(text.size()), memory);
      break;
    }
    case 1:
      if (at.IsArray() && !at.Empty()) {
        at.Erase(at.Begin() + static_cast<std::ptrdiff_t>(with % at.Size()));
      } else if (at.IsObject() && at.MemberCount() != 0) {
        at.EraseMember(at.MemberBegin() + static_cast<std::ptrdiff_t>(with % at.MemberCount()));
      }
      break;
    case 2:
      if (at.IsArray() && !at.Empty()) {
        node again(at[with % at.Size()], memory);
        at.PushBack(again, memory);
      } else if (at.IsObject() && at.MemberCount() != 0) {
        const auto member = at.MemberBegin() + static_cast<std::ptrdiff_t>(with % at.MemberCount());
        node name(member->name, memory);
        node value(member->value, memory);
        at.AddMember(name, value, memory);
      }
      break;
    case 3: {
      node& other = *all[with % all.size()];
      node copy(other, memory);
      at.Swap(copy);
      break;
    }
    case 4: at.SetBool(with % 2 != 0); break;
    case 5: at.SetNull(); break;
    case 6: {
      node wrapped(rj::kArrayType);
      node inner(at, memory);
      wrapped.PushBack(inner, memory);
      at.Swap(wrapped);
      break;
    }
    default:
      if (at.IsObject()) {
        constexpr const char* names[] = {"more",     "succeeded", "created", "canceled",
                                         "watch_id", "events",    "kvs",     "compact_revision"};
        at.AddMember(node(rj::StringRef(names[with % 8])), node(with % 16 < 8), memory);
      }
      break;
  }
}

}  // namespace fuzz
