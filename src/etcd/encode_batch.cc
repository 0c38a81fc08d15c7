// Transactions of many entries. They are the bulk of all that is sent, a hundred entries at a time
// in one turn of the user's loop, so they are put together from text and not by a writer: nothing
// in them can need an escape.
#include <cassert>
#include <charconv>
#include <initializer_list>

#include "etcd/base64.hpp"
#include "etcd/request.hpp"

namespace tenure::etcd {
namespace {

class decimal {
 public:
  explicit decimal(std::int64_t value)
      : size_(static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, value).ptr -
                                       digits_)) {}
  operator std::string_view() const { return {digits_, size_}; }

 private:
  char digits_[20]{};  // -9223372036854775808
  std::size_t size_;
};

void append(std::string& out, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) out += part;
}

void read_key_op(std::string& out, std::string_view key64) {
  append(out, {R"({"request_range":{"key":")", key64, R"(","keys_only":true}})"});
}

// `more` goes behind what all reads by age have in common.
void read_by_age_op(std::string& out, std::string_view prefix, std::string_view more,
                    std::int64_t limit) {
  out += R"({"request_range":{"key":")";
  // etcd takes an empty key as missing; the smallest key there can be is the zero byte.
  append_base64(out, prefix.empty() ? std::string_view("\0", 1) : prefix);
  out += R"(","range_end":")";
  append_base64(out, range_end(prefix));
  append(out, {R"(","sort_order":"ASCEND","sort_target":"CREATE",)", more, R"("limit":")",
               decimal(limit), R"("}})"});
}

void read_queue_op(std::string& out, std::string_view prefix, std::int64_t limit) {
  read_by_age_op(out, prefix, R"("keys_only":true,)", limit);
}

// A put without a lease would take the key off its lease, and it would stay for ever.
void put_op(std::string& out, std::string_view key64, std::string_view value, std::int64_t lease) {
  assert(lease != 0);
  append(out, {R"({"request_put":{"key":")", key64, R"(","value":")"});
  append_base64(out, value);
  append(out, {R"(","lease":")", decimal(lease), R"("}})"});
}

// The names of target and result must be right to the letter: the gateway of etcd 3.5 takes unknown
// ones for VERSION and EQUAL without a word.
void created_at(std::string& out, std::string_view key64, std::int64_t create_revision) {
  append(out, {R"({"target":"CREATE","result":"EQUAL","key":")", key64, R"(","create_revision":")",
               decimal(create_revision), R"("})"});
}

// A range that is compared holds if all its keys do. etcd reads each of them for it.
void created_from(std::string& out, std::string_view prefix, std::int64_t create_revision) {
  out += R"(,{"target":"CREATE","result":"GREATER","key":")";
  append_base64(out, prefix);
  out += R"(","range_end":")";
  append_base64(out, range_end(prefix));
  append(out, {R"(","create_revision":")", decimal(create_revision - 1), R"("})"});
}

void begin_if_created_at(std::string& out, std::string_view key64, std::int64_t create_revision) {
  out += R"({"request_txn":{"compare":[)";
  created_at(out, key64, create_revision);
  out += ']';
}

void delete_op(std::string& out, std::string_view key64) {
  append(out, {R"({"request_delete_range":{"key":")", key64, R"("}})"});
}

}  // namespace

batch::batch(std::string& out) : out_(out) { out_ += R"({"success":[)"; }

void batch::end() { out_ += "]}"; }

void batch::begin_entry() {
  if (size_++ != 0) out_ += ',';
}

std::string_view batch::encoded(std::string_view key) {
  key64_.clear();
  append_base64(key64_, key);
  return key64_;
}

void batch::stand(std::string_view key, std::string_view value, std::int64_t lease,
                  std::string_view prefix, std::int64_t limit) {
  begin_entry();
  const std::string_view key64 = encoded(key);
  begin_if_created_at(out_, key64, 0);
  out_ += R"(,"success":[)";
  put_op(out_, key64, value, lease);
  out_ += ',';
  const std::size_t queue = out_.size();
  read_queue_op(out_, prefix, limit);
  const std::size_t size = out_.size() - queue;
  out_ += R"(],"failure":[)";
  read_key_op(out_, key64);
  out_ += ',';
  out_.append(out_, queue, size);
  out_ += "]}}";
}

std::string_view batch::begin_if_first(std::string_view key, std::int64_t create_revision,
                                       std::string_view prefix, std::int64_t nobody_before) {
  begin_entry();
  const std::string_view key64 = encoded(key);
  out_ += R"({"request_txn":{"compare":[)";
  created_at(out_, key64, create_revision);
  if (nobody_before != 0) created_from(out_, prefix, nobody_before);
  out_ += ']';
  return key64;
}

void batch::end_if_first(std::string_view key64, std::string_view prefix,
                         std::int64_t nobody_before) {
  out_ += R"(,"failure":[)";
  read_key_op(out_, key64);
  if (nobody_before != 0) {
    out_ += ',';
    read_queue_op(out_, prefix, 1);
  }
  out_ += "]}}";
}

void batch::reassure(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                     std::int64_t nobody_before) {
  end_if_first(begin_if_first(key, create_revision, prefix, nobody_before), prefix, nobody_before);
}

void batch::announce(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                     std::int64_t nobody_before, std::string_view value, std::int64_t lease) {
  const std::string_view key64 = begin_if_first(key, create_revision, prefix, nobody_before);
  out_ += R"(,"success":[)";
  put_op(out_, key64, value, lease);
  out_ += ']';
  end_if_first(key64, prefix, nobody_before);
}

void batch::withdraw(std::string_view key, std::int64_t create_revision) {
  begin_entry();
  const std::string_view key64 = encoded(key);
  begin_if_created_at(out_, key64, create_revision);
  if (create_revision != 0) {
    out_ += R"(,"success":[)";
    delete_op(out_, key64);
    out_ += ']';
  }
  out_ += R"(,"failure":[)";
  read_key_op(out_, key64);
  out_ += "]}}";
}

void batch::read_queue(std::string_view key, std::string_view prefix, std::int64_t limit) {
  begin_entry();
  read_queue_op(out_, prefix, limit);
  out_ += ',';
  read_key_op(out_, encoded(key));
}

void batch::read_leader(std::string_view prefix) {
  begin_entry();
  read_by_age_op(out_, prefix, {}, 1);
}

joint::joint(std::string& out) : out_(out) { out_ += R"({"compare":[)"; }

void joint::end() {
  constexpr std::string_view nothing = R"({"request_txn":{}})";
  append(out_, {R"(],"success":[)", doings_.empty() ? nothing : doings_, "]}"});
}

void joint::expect(std::size_t entries) {
  const std::size_t doings = (doings_.size() + 16) * entries;
  doings_.reserve(doings);
  out_.reserve((out_.size() + 16) * entries + doings);
}

std::string_view joint::begin_entry(std::string_view key) {
  if (size_++ != 0) out_ += ',';
  if (!doings_.empty()) doings_ += ',';
  key64_.clear();
  append_base64(key64_, key);
  return key64_;
}

// A key that exists has a create revision above 0. So the compare holds only if there is no such
// key.
void joint::stand(std::string_view key, std::string_view value, std::int64_t lease,
                  std::string_view prefix) {
  const std::string_view key64 = begin_entry(key);
  out_ += R"({"target":"CREATE","result":"EQUAL","key":")";
  append_base64(out_, prefix);
  out_ += R"(","range_end":")";
  append_base64(out_, range_end(prefix));
  out_ += R"(","create_revision":"0"})";
  put_op(doings_, key64, value, lease);
}

std::string_view joint::begin_if_first(std::string_view key, std::int64_t create_revision,
                                       std::string_view prefix, std::int64_t nobody_before) {
  const std::string_view key64 = begin_entry(key);
  created_at(out_, key64, create_revision);
  if (nobody_before != 0) created_from(out_, prefix, nobody_before);
  return key64;
}

void joint::reassure(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                     std::int64_t nobody_before) {
  (void)begin_if_first(key, create_revision, prefix, nobody_before);
}

void joint::announce(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                     std::int64_t nobody_before, std::string_view value, std::int64_t lease) {
  const std::string_view key64 = begin_if_first(key, create_revision, prefix, nobody_before);
  put_op(doings_, key64, value, lease);
}

void joint::withdraw(std::string_view key, std::int64_t create_revision) {
  assert(create_revision != 0);
  const std::string_view key64 = begin_entry(key);
  created_at(out_, key64, create_revision);
  delete_op(doings_, key64);
}

}  // namespace tenure::etcd
