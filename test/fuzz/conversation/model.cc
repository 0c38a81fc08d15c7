#include "test/fuzz/conversation/model.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "etcd/base64.hpp"

namespace fuzz {

namespace {

namespace rj = tenure::rapidjson;

std::int64_t number(const node& in, const char* name) {
  const auto at = in.FindMember(name);
  if (at == in.MemberEnd()) return 0;
  if (at->value.IsString()) return std::strtoll(at->value.GetString(), nullptr, 10);
  return at->value.IsInt64() ? at->value.GetInt64() : 0;
}

std::string bytes(const node& in, const char* name) {
  const auto at = in.FindMember(name);
  std::string out;
  if (at == in.MemberEnd() || !at->value.IsString()) return out;
  (void)tenure::etcd::decode_base64({at->value.GetString(), at->value.GetStringLength()}, out);
  return out;
}

bool yes(const node& in, const char* name) {
  const auto at = in.FindMember(name);
  return at != in.MemberEnd() && at->value.IsBool() && at->value.GetBool();
}

bool says(const node& in, const char* name, std::string_view what) {
  const auto at = in.FindMember(name);
  return at != in.MemberEnd() && at->value.IsString() && at->value.GetString() == what;
}

node text(std::string_view what, json& in) {
  return node(what.data(), static_cast<rj::SizeType>(what.size()), in.GetAllocator());
}

void put(node& to, const char* name, node what, json& in) {
  to.AddMember(node(rj::StringRef(name)), what, in.GetAllocator());
}

// As the gateway: a string, and nothing for 0.
void put(node& to, const char* name, std::int64_t what, json& in) {
  if (what != 0) put(to, name, text(std::to_string(what), in), in);
}

void put_bytes(node& to, const char* name, std::string_view what, json& in) {
  std::string coded;
  tenure::etcd::append_base64(coded, what);
  if (!what.empty()) put(to, name, text(coded, in), in);
}

node object() { return node(rj::kObjectType); }
node list() { return node(rj::kArrayType); }

node shown(const model::key& k, bool keys_only, json& in) {
  node out = object();
  put_bytes(out, "key", k.name, in);
  put(out, "create_revision", k.create, in);
  put(out, "mod_revision", k.mod, in);
  put(out, "version", k.version, in);
  if (!keys_only) put_bytes(out, "value", k.value, in);
  put(out, "lease", k.lease, in);
  return out;
}

}  // namespace

std::string written(const node& what) {
  rj::StringBuffer buffer;
  rj::Writer<rj::StringBuffer> writer(buffer);
  what.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

void model::put_header(node& to, json& in) const {
  node h = object();
  put(h, "cluster_id", 11, in);
  put(h, "member_id", 22, in);
  put(h, "revision", revision_, in);
  put(h, "raft_term", 5, in);
  put(to, "header", std::move(h), in);
}

int model::refuse(int status, int code, const char* what, json& out) const {
  out.SetObject();
  put(out, "error", text(what, out), out);
  put(out, "code", node(code), out);
  put(out, "message", text(what, out), out);
  return status;
}

std::vector<const model::key*> model::keys_of(const node& asked) const {
  const std::string from = bytes(asked, "key");
  const std::string to = bytes(asked, "range_end");
  std::vector<const key*> out;
  for (const auto& [name, k] : keys_) {
    if (to.empty() ? name == from : name >= from && (to == std::string(1, '\0') || name < to))
      out.push_back(&k);
  }
  return out;
}

node model::range(const node& asked, json& in) const {
  std::vector<const key*> found = keys_of(asked);
  if (says(asked, "sort_target", "CREATE")) {
    std::stable_sort(found.begin(), found.end(),
                     [](const key* a, const key* b) { return a->create < b->create; });
  }
  const auto limit = static_cast<std::size_t>(number(asked, "limit"));
  const std::size_t count = found.size();
  if (limit != 0 && count > limit) found.resize(limit);
  node out = object();
  node kvs = list();
  for (const key* each : found)
    kvs.PushBack(shown(*each, yes(asked, "keys_only"), in), in.GetAllocator());
  if (!found.empty()) put(out, "kvs", std::move(kvs), in);
  if (found.size() < count) put(out, "more", node(true), in);
  put(out, "count", static_cast<std::int64_t>(count), in);
  return out;
}

bool model::holds(const node& compare) const {
  const std::int64_t wanted = number(compare, "create_revision");
  const auto fits = [&](std::int64_t create) {
    if (says(compare, "result", "GREATER")) return create > wanted;
    if (says(compare, "result", "LESS")) return create < wanted;
    if (says(compare, "result", "NOT_EQUAL")) return create != wanted;
    return create == wanted;
  };
  const std::vector<const key*> found = keys_of(compare);
  if (found.empty()) return fits(0);
  return std::all_of(found.begin(), found.end(), [&](const key* k) { return fits(k->create); });
}

void model::end(const std::string& name) {
  key gone = keys_.at(name);
  gone.mod = writing_;
  keys_.erase(name);
  history_.push_back({writing_, true, gone});
}

node model::execute(const node& op, json& in) {
  node out = object();
  node of = object();
  if (op.HasMember("request_put")) {
    const node& asked = op["request_put"];
    const std::int64_t lease = number(asked, "lease");
    revision_ = writing_;
    key& k = keys_[bytes(asked, "key")];
    k.name = bytes(asked, "key");
    k.value = bytes(asked, "value");
    if (k.create == 0) k.create = writing_;
    k.mod = writing_;
    ++k.version;
    k.lease = lease;
    history_.push_back({writing_, false, k});
    node h = object();
    put(h, "revision", revision_, in);
    put(of, "header", std::move(h), in);
    put(out, "response_put", std::move(of), in);
  } else if (op.HasMember("request_delete_range")) {
    std::int64_t deleted = 0;
    std::vector<std::string> names;
    for (const key* each : keys_of(op["request_delete_range"])) names.push_back(each->name);
    for (const std::string& each : names) {
      revision_ = writing_;
      end(each);
      ++deleted;
    }
    put(of, "deleted", deleted, in);
    put(out, "response_delete_range", std::move(of), in);
  } else if (op.HasMember("request_range")) {
    put(out, "response_range", range(op["request_range"], in), in);
  } else if (op.HasMember("request_txn")) {
    transact(op["request_txn"], of, in);
    put(out, "response_txn", std::move(of), in);
  }
  return out;
}

void model::transact(const node& asked, node& to, json& in) {
  bool all = true;
  if (asked.HasMember("compare")) {
    for (const node& each : asked["compare"].GetArray()) all = all && holds(each);
  }
  if (all) put(to, "succeeded", node(true), in);
  const char* const branch = all ? "success" : "failure";
  if (!asked.HasMember(branch)) return;
  node answers = list();
  for (const node& each : asked[branch].GetArray())
    answers.PushBack(execute(each, in), in.GetAllocator());
  if (!answers.Empty()) put(to, "responses", std::move(answers), in);
}

// Of all that might be put.
bool model::leases_live(const node& in) const {
  if (in.IsArray()) {
    return std::all_of(in.Begin(), in.End(), [&](const node& each) { return leases_live(each); });
  }
  if (!in.IsObject()) return true;
  const std::int64_t lease = number(in, "lease");
  if (lease != 0 && leases_.count(lease) == 0) return false;
  return std::all_of(in.MemberBegin(), in.MemberEnd(),
                     [&](const auto& each) { return leases_live(each.value); });
}

int model::ask(std::string_view path, const std::string& body, json& out) {
  json asked;
  asked.Parse(body.data(), body.size());
  out.SetObject();
  if (asked.HasParseError() || !asked.IsObject())
    return refuse(400, 3, "not JSON: tenure sends nothing of that kind", out);
  const std::int64_t id = number(asked, "ID");
  if (path == "/v3/lease/grant") {
    if (leases_.count(id) != 0) return refuse(412, 9, "etcdserver: lease already exists", out);
    const std::int64_t ttl_s = number(asked, "TTL");
    leases_[id] = {ttl_s, now_ + ttl_s * 1'000'000'000};
    put_header(out, out);
    put(out, "ID", id, out);
    put(out, "TTL", ttl_s, out);
  } else if (path == "/v3/lease/keepalive") {
    node result = object();
    put_header(result, out);
    put(result, "ID", id, out);
    if (const auto at = leases_.find(id); at != leases_.end()) {
      at->second.expires = now_ + at->second.ttl_s * 1'000'000'000;
      put(result, "TTL", at->second.ttl_s, out);
    }
    put(out, "result", std::move(result), out);
  } else if (path == "/v3/lease/revoke") {
    if (leases_.count(id) == 0) return refuse(404, 5, "etcdserver: requested lease not found", out);
    leases_[id].expires = now_;
    pass(now_);
    put_header(out, out);
  } else if (path == "/v3/kv/range") {
    node found = range(asked, out);
    put_header(out, out);
    for (auto& each : found.GetObject()) out.AddMember(each.name, each.value, out.GetAllocator());
  } else if (path == "/v3/kv/txn") {
    if (!leases_live(asked)) return refuse(404, 5, "etcdserver: requested lease not found", out);
    writing_ = revision_ + 1;
    node all = object();
    transact(asked, all, out);
    put_header(out, out);
    for (auto& each : all.GetObject()) out.AddMember(each.name, each.value, out.GetAllocator());
  } else {
    return refuse(404, 5, "Not Found", out);
  }
  return 200;
}

void model::say_created(json& out) const {
  out.SetObject();
  node result = object();
  put_header(result, out);
  put(result, "created", node(true), out);
  put(out, "result", std::move(result), out);
}

void model::say_progress(json& out) const {
  out.SetObject();
  node result = object();
  put_header(result, out);
  put(result, "watch_id", -1, out);
  put(out, "result", std::move(result), out);
}

bool model::watch(std::int64_t& revision, bool puts, json& out) const {
  if (revision > revision_) return false;
  out.SetObject();
  node events = list();
  auto from = history_.end();
  while (from != history_.begin() && std::prev(from)->revision >= revision) --from;
  for (; from != history_.end(); ++from) {
    const change& each = *from;
    if (!each.deleted && !puts) continue;
    node event = object();
    node kv = object();
    if (each.deleted) {
      put(event, "type", text("DELETE", out), out);
      put_bytes(kv, "key", each.what.name, out);
      put(kv, "mod_revision", each.revision, out);
    } else {
      kv = shown(each.what, false, out);
    }
    put(event, "kv", std::move(kv), out);
    events.PushBack(event, out.GetAllocator());
  }
  revision = revision_ + 1;
  if (events.Empty()) return false;
  node result = object();
  put_header(result, out);
  put(result, "events", std::move(events), out);
  put(out, "result", std::move(result), out);
  return true;
}

void model::pass(std::int64_t now) {
  now_ = now;
  for (auto at = leases_.begin(); at != leases_.end();) {
    if (at->second.expires > now) {
      ++at;
      continue;
    }
    writing_ = revision_ + 1;
    std::vector<std::string> names;
    for (const auto& [name, k] : keys_) {
      if (k.lease == at->first) names.push_back(name);
    }
    for (const std::string& each : names) {
      revision_ = writing_;
      end(each);
    }
    at = leases_.erase(at);
  }
}

const model::key* model::eldest(const std::string& prefix) const {
  const key* out = nullptr;
  for (const auto& [name, k] : keys_) {
    if (name.compare(0, prefix.size(), prefix) == 0 && (out == nullptr || k.create < out->create))
      out = &k;
  }
  return out;
}

}  // namespace fuzz
