#include <algorithm>
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

// RapidJSON's writer, with values of etcd's kinds. It sees to commas and colons. Names, base64 and
// integers need no escape, so they go past the search for one.
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
  // As a string: a reader that takes numbers for doubles cannot spoil it.
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

}  // namespace

std::string range_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return std::string(1, '\0');
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

void authenticate(std::string& out, std::string_view user, std::string_view password) {
  // An escape takes six bytes at most. Growing would leave the password behind.
  out.reserve(out.size() + 64 + 6 * (user.size() + password.size()));
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

void introduce(std::string& out, std::string_view key) {
  writer to(out);
  to.begin();
  write_key(to, key);
  to.name("keys_only").yes().end();
}

void confirm(std::string& out) { out += R"({"success":[{"request_txn":{}}]})"; }

void read_page(std::string& out, std::string_view first, std::string_view prefix,
               std::int64_t revision, std::int64_t limit) {
  writer to(out);
  to.begin();
  write_key(to, first);
  to.name("range_end").bytes(range_end(prefix)).name("limit").integer(limit);
  if (revision != 0) to.name("revision").integer(revision);
  to.end();
}

void watch_create(std::string& out, std::string_view prefix, std::int64_t start_revision,
                  bool puts) {
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

}  // namespace tenure::etcd
