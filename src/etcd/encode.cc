#include <algorithm>
#include <cassert>
#include <charconv>

#include "etcd/base64.hpp"
#include "etcd/rapid.hpp"
#include "etcd/request.hpp"

namespace tenure::etcd {
namespace {

// What RapidJSON's writer writes to: the caller's string, without a copy in between.
class sink {
 public:
  using Ch = char;
  explicit sink(std::string& to) : to_(to) {}
  void Put(char c) { to_.push_back(c); }
  void Flush() {}
  std::string& text() { return to_; }

 private:
  std::string& to_;
};

// RapidJSON's writer, which sees to commas and colons, with values of etcd's kinds. What cannot need
// an escape (names, base64, integers) goes past the search for one: a batch has a thousand of them.
class writer : public rapidjson::Writer<sink> {
 public:
  explicit writer(std::string& out) : rapidjson::Writer<sink>(to_), to_(out) {}

  writer& begin() { return StartObject(), *this; }
  writer& end() { return EndObject(), *this; }
  writer& begin_list() { return StartArray(), *this; }
  writer& end_list() { return EndArray(), *this; }

  // Of a member, or one of an enum's: a name of etcd's, letters and underscores only.
  writer& name(std::string_view text) {
    return quoted([text](std::string& out) { out += text; });
  }
  writer& bytes(std::string_view value) {
    return quoted([value](std::string& out) { append_base64(out, value); });
  }
  // As a string: what reads JSON by way of doubles on the other side cannot spoil it.
  writer& integer(std::int64_t value) {
    return quoted([value](std::string& out) {
      char digits[20];  // -9223372036854775808
      out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    });
  }
  writer& yes() { return Bool(true), *this; }
  writer& text(std::string_view value) {
    return String(value.data(), static_cast<rapidjson::SizeType>(value.size())), *this;
  }

 private:
  template <class Append>
  writer& quoted(Append append) {
    Prefix(rapidjson::kStringType);
    std::string& out = to_.text();
    out += '"';
    append(out);
    out += '"';
    return *this;
  }

  sink to_;
};

void write_key(writer& to, std::string_view key) { to.name("key").bytes(key); }

// etcd takes an empty key as missing; the smallest key there can be is the zero byte.
void write_prefix(writer& to, std::string_view prefix) {
  write_key(to, prefix.empty() ? std::string_view("\0", 1) : prefix);
  to.name("range_end").bytes(range_end(prefix));
}

void write_by_age(writer& to) { to.name("sort_order").name("ASCEND").name("sort_target").name("CREATE"); }

void write_read_key(writer& to, std::string_view key) {
  to.begin().name("request_range").begin();
  write_key(to, key);
  to.name("keys_only").yes().end().end();
}

void write_read_queue(writer& to, std::string_view prefix, std::int64_t limit) {
  to.begin().name("request_range").begin();
  write_prefix(to, prefix);
  write_by_age(to);
  to.name("keys_only").yes().name("limit").integer(limit).end().end();
}

// A put without a lease would take the key off its lease, and it would stay for ever.
void write_put(writer& to, std::string_view key, std::string_view value, std::int64_t lease) {
  assert(lease != 0);
  to.begin().name("request_put").begin();
  write_key(to, key);
  to.name("value").bytes(value).name("lease").integer(lease).end().end();
}

void write_delete(writer& to, std::string_view key) {
  to.begin().name("request_delete_range").begin();
  write_key(to, key);
  to.end().end();
}

// The names of target and result must be right to the letter: the gateway of etcd 3.5 takes unknown
// ones for VERSION and EQUAL without a word. Opens the nested transaction; end_if closes it.
void begin_if_created_at(writer& to, std::string_view key, std::int64_t create_revision) {
  to.begin().name("request_txn").begin();
  to.name("compare").begin_list().begin().name("target").name("CREATE").name("result").name("EQUAL");
  write_key(to, key);
  to.name("create_revision").integer(create_revision).end().end_list();
}

void end_if(writer& to) { to.end().end(); }

// Begins an entry of a batch.
writer entry(std::string& out, std::size_t& size) {
  if (size++ != 0) out += ',';
  return writer(out);
}

}  // namespace

std::string range_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return std::string(1, '\0');
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

void authenticate(std::string& out, std::string_view user, std::string_view password) {
  writer to(out);
  to.begin().name("name").text(user).name("password").text(password).end();
}

void grant(std::string& out, std::int64_t lease, std::int64_t ttl_s) {
  writer to(out);
  to.begin().name("ID").integer(lease).name("TTL").integer(ttl_s).end();
}

void keepalive(std::string& out, std::int64_t lease) {
  writer to(out);
  to.begin().name("ID").integer(lease).end();
}

void revoke(std::string& out, std::int64_t lease) { keepalive(out, lease); }

void confirm(std::string& out, std::string_view key) {
  writer to(out);
  to.begin();
  write_key(to, key);
  to.name("keys_only").yes().end();
}

void read_page(std::string& out, std::string_view first, std::string_view prefix, std::int64_t revision,
               std::int64_t limit) {
  writer to(out);
  to.begin();
  write_key(to, first);
  to.name("range_end").bytes(range_end(prefix)).name("limit").integer(limit);
  if (revision != 0) to.name("revision").integer(revision);
  to.end();
}

void watch_create(std::string& out, std::string_view prefix, std::int64_t start_revision, bool puts) {
  writer to(out);
  to.begin().name("create_request").begin();
  write_prefix(to, prefix);
  // 0 would mean "from now" and -1 depends on the version: both skip changes in silence. From 1 on
  // all are replayed, or refused as compacted, and either is noticed.
  to.name("start_revision").integer(std::max<std::int64_t>(start_revision, 1));
  if (!puts) to.name("filters").begin_list().name("NOPUT").end_list();
  to.end().end();
}

void watch_progress(std::string& out) {
  writer to(out);
  to.begin().name("progress_request").begin().end().end();
}

batch::batch(std::string& out) : out_(out) { out_ += R"({"success":[)"; }

void batch::end() { out_ += "]}"; }

void batch::stand(std::string_view key, std::string_view value, std::int64_t lease, std::string_view prefix,
                  std::int64_t limit) {
  writer to = entry(out_, size_);
  begin_if_created_at(to, key, 0);
  to.name("success").begin_list();
  write_put(to, key, value, lease);
  write_read_queue(to, prefix, limit);
  to.end_list().name("failure").begin_list();
  write_read_key(to, key);
  write_read_queue(to, prefix, limit);
  to.end_list();
  end_if(to);
}

void batch::reassure(std::string_view key, std::int64_t create_revision, std::string_view value, std::int64_t lease) {
  writer to = entry(out_, size_);
  begin_if_created_at(to, key, create_revision);
  to.name("success").begin_list();
  write_put(to, key, value, lease);
  to.end_list().name("failure").begin_list();
  write_read_key(to, key);
  to.end_list();
  end_if(to);
}

void batch::withdraw(std::string_view key, std::int64_t create_revision) {
  writer to = entry(out_, size_);
  begin_if_created_at(to, key, create_revision);
  if (create_revision != 0) {
    to.name("success").begin_list();
    write_delete(to, key);
    to.end_list();
  }
  to.name("failure").begin_list();
  write_read_key(to, key);
  to.end_list();
  end_if(to);
}

void batch::read_queue(std::string_view prefix, std::int64_t limit) {
  writer to = entry(out_, size_);
  write_read_queue(to, prefix, limit);
}

void batch::read_leader(std::string_view prefix) {
  writer to = entry(out_, size_);
  to.begin().name("request_range").begin();
  write_prefix(to, prefix);
  write_by_age(to);
  to.name("limit").integer(1).end().end();
}

void batch::read_key(std::string_view key) {
  writer to = entry(out_, size_);
  write_read_key(to, key);
}

}  // namespace tenure::etcd
