#include "etcd/field.hpp"

#include <charconv>
#include <cstring>
#include <limits>

#include "etcd/base64.hpp"

namespace tenure::etcd {
namespace {

// The deepest answer that we ask for (a range in a nested transaction) has 9 levels.
constexpr std::size_t max_depth = 64;
// RapidJSON counts in 32 bits; the transport's own limit is far below.
constexpr std::size_t max_size = std::size_t{1} << 30;

// Each value takes 16 bytes in memory, and as much again while it is built. So the text "[0,0,0…"
// would grow sixteenfold. etcd's answers have at most one value in 8 bytes; names count as values.
std::size_t max_values(std::size_t bytes) { return 64 + bytes / 4; }

template <class Integer>
bool parse_integer(std::string_view text, Integer& out) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stopped == end;
}

bool ascii(std::string_view text) {
  std::uint64_t high = 0;
  std::size_t i = 0;
  for (std::uint64_t eight = 0; i + sizeof eight <= text.size(); i += sizeof eight) {
    std::memcpy(&eight, text.data() + i, sizeof eight);
    high |= eight;
  }
  for (; i < text.size(); ++i) high |= static_cast<unsigned char>(text[i]);
  return (high & 0x8080808080808080) == 0;
}

// Stands between RapidJSON's parser and its document: counts, and reads the numbers.
class guard {
 public:
  guard(rapidjson::Document& to, std::size_t values) : to_(to), left_(values) {}

  bool Null() { return count() && to_.Null(); }
  bool Bool(bool value) { return count() && to_.Bool(value); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view number(text, size);
    std::int64_t negative = 0;
    std::uint64_t other = 0;
    if (!count()) return false;
    if (parse_integer(number, other)) return to_.Uint64(other);
    if (parse_integer(number, negative)) return to_.Int64(negative);
    // No integer, or none that fits. No field of ours takes a fraction.
    return to_.Double(0.5);
  }
  bool String(const char* text, rapidjson::SizeType size, bool copy) {
    return count() && to_.String(text, size, copy);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) {
    return count() && to_.Key(text, size, copy);
  }
  bool StartObject() { return deeper() && to_.StartObject(); }
  bool StartArray() { return deeper() && to_.StartArray(); }
  bool EndObject(rapidjson::SizeType members) { return --depth_, to_.EndObject(members); }
  bool EndArray(rapidjson::SizeType elements) { return --depth_, to_.EndArray(elements); }
  // Never called: with kParseNumbersAsStringsFlag all numbers come as RawNumber.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  [[nodiscard]] const char* refused() const { return refused_; }

 private:
  bool count() {
    if (left_ == 0) {
      refused_ = "too many values";
      return false;
    }
    --left_;
    return true;
  }
  bool deeper() {
    if (depth_ == max_depth) {
      refused_ = "nested too deeply";
      return false;
    }
    ++depth_;
    return count();
  }

  rapidjson::Document& to_;
  std::size_t left_;
  std::size_t depth_ = 0;
  const char* refused_ = nullptr;
};

}  // namespace

// cppcheck-suppress uninitMemberVar ; first_ is raw memory for the pool: clearing 4 KiB per answer
// buys nothing
document::document() : pool_(first_, sizeof first_), dom_(&pool_) {}

document::~document() {
  constexpr std::size_t no_token_is_longer = 1u << 14;
  if (text_.size() <= no_token_is_longer) explicit_bzero(text_.data(), text_.size());
}

bool document::parse(std::string_view text, std::string& why) {
  if (text.size() > max_size) {
    why = "not JSON: too large";
    return false;
  }
  // The parser recurses, once a level; the guard ends it at max_depth. Its iterative form takes
  // half as long again.
  // Numbers are read as strings. Doubles cannot hold our integers. And RapidJSON 1.1.0 reads out of
  // bounds when a fraction's digits and a negative exponent together overflow an int
  // (CVE-2024-38517).
  // It parses a copy of the text in place: so the strings need not be copied one by one.
  constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  // Plain ASCII needs no check of its encoding, which takes as long as the parsing. Etcd's answers
  // are plain ASCII: bytes come as base64.
  const bool plain = ascii(text);
  // RapidJSON 1.1.0 takes all bytes that a first byte of UTF-8 promises, also past the end. These
  // are three at most.
  text_.reserve(text.size() + 3);  // growing would leave a copy behind, perhaps of a token
  text_.assign(text).append(3, '\0');
  rapidjson::InsituStringStream in(text_.data());
  rapidjson::Reader reader;
  rapidjson::ParseResult result;
  const char* refused = nullptr;
  auto fill = [&](rapidjson::Document& to) {
    guard handler(to, max_values(text.size()));
    result = plain ? reader.Parse<flags>(in, handler)
                   : reader.Parse<flags | rapidjson::kParseValidateEncodingFlag>(in, handler);
    refused = handler.refused();
    return !result.IsError();
  };
  dom_.Populate(fill);
  // A zero byte looks like the end to the parser.
  if (!result.IsError() && in.Tell() == text.size()) return true;
  why = "not JSON: ";
  why += refused != nullptr ? refused
         : result.IsError() ? rapidjson::GetParseError_En(result.Code())
                            : "a zero byte";
  why += " at byte ";
  why += std::to_string(result.IsError() ? result.Offset() : in.Tell());
  return false;
}

field::field(const rapidjson::Value* value, const field& parent, std::string_view name,
             std::size_t index)
    : value_(value != nullptr && value->IsNull() ? nullptr : value),
      parent_(&parent),
      name_(name),
      index_(index),
      why_(parent.why_) {}

field field::member(std::string_view name) const& {
  const rapidjson::Value* found = nullptr;
  if (is_object()) {
    const rapidjson::Value key(
        rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
    const auto at = value_->FindMember(key);
    if (at != value_->MemberEnd()) found = &at->value;
  }
  return {found, *this, name, 0};
}

field field::element(std::size_t i) const& {
  const bool there = i < size();
  return {there ? &(*value_)[static_cast<rapidjson::SizeType>(i)] : nullptr, *this, {}, i};
}

std::size_t field::size() const { return present() && value_->IsArray() ? value_->Size() : 0; }

bool field::object() const { return !present() || value_->IsObject() || fail("not an object"); }

bool field::array() const { return !present() || value_->IsArray() || fail("not an array"); }

bool field::read(std::int64_t& out) const {
  out = 0;
  if (!present()) return true;
  if (value_->IsInt64()) {
    out = value_->GetInt64();
    return true;
  }
  if (value_->IsString() && parse_integer(text(), out)) return true;
  out = 0;
  return fail("not a 64-bit integer");
}

bool field::read(std::uint64_t& out) const {
  out = 0;
  if (!present()) return true;
  if (value_->IsUint64()) {
    out = value_->GetUint64();
    return true;
  }
  if (value_->IsString() && parse_integer(text(), out)) return true;
  out = 0;
  return fail("not an unsigned 64-bit integer");
}

bool field::read(int& out) const {
  out = 0;
  std::int64_t wide = 0;
  if (!read(wide)) return false;
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    return fail("not a 32-bit integer");
  }
  out = static_cast<int>(wide);
  return true;
}

bool field::read(bool& out) const {
  out = false;
  if (!present()) return true;
  if (!value_->IsBool()) return fail("neither true nor false");
  out = value_->GetBool();
  return true;
}

bool field::read_text(std::string& out) const {
  out.clear();
  if (!present()) return true;
  if (!value_->IsString()) return fail("not a string");
  out = text();
  return true;
}

bool field::read_bytes(std::string& out) const {
  out.clear();
  if (!present()) return true;
  if (!value_->IsString()) return fail("not a string");
  return decode_base64(text(), out) || fail("not base64");
}

bool field::fail(std::string_view what) const {
  why_->clear();
  append_path(*why_);
  if (!why_->empty()) *why_ += ": ";
  *why_ += what;
  return false;
}

void field::append_path(std::string& out) const {
  if (parent_ == nullptr) return;
  parent_->append_path(out);
  if (name_.empty()) {
    out += '[';
    out += std::to_string(index_);
    out += ']';
  } else {
    if (!out.empty()) out += '.';
    out += name_;
  }
}

}  // namespace tenure::etcd
