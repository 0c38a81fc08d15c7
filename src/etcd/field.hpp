// The one way to read a JSON answer. Each value is checked for its type before it is touched. What
// does not fit is reported with the way to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "etcd/rapid.hpp"

namespace tenure::etcd {

// A parsed document. A hostile server may choose its bytes: its depth and memory are bounded.
class document {
 public:
  document();
  ~document();  // overwrites a short text: it may be a token's
  document(const document&) = delete;
  document& operator=(const document&) = delete;

  // Once only. False: not one JSON document in UTF-8, or not a reasonable one; `why` says so.
  [[nodiscard]] bool parse(std::string_view text, std::string& why);
  [[nodiscard]] const rapidjson::Value& root() const { return dom_; }

 private:
  std::string text_;  // the strings of `dom_` are in it
  // The usual answer fits: its values need no allocation.
  alignas(std::max_align_t) char first_[4096];
  rapidjson::MemoryPoolAllocator<> pool_;
  rapidjson::Document dom_;
};

// A place in a document: a value or its absence, and the way to it. Null is absence, too. It points
// to the field from which it was taken: that must be a named object that lives longer.
class field {
 public:
  field(const document& from, std::string& why) : value_(&from.root()), why_(&why) {}

  // Absent if there is no such member or this is no object: check `object` first.
  [[nodiscard]] field member(std::string_view name) const&;
  // `i` below `size`.
  [[nodiscard]] field element(std::size_t i) const&;
  field member(std::string_view) const&& = delete;
  field element(std::size_t) const&& = delete;

  [[nodiscard]] bool present() const { return value_ != nullptr; }
  [[nodiscard]] bool is_string() const { return present() && value_->IsString(); }
  [[nodiscard]] bool is_object() const { return present() && value_->IsObject(); }
  [[nodiscard]] std::size_t size() const;  // of an array, 0 of anything else

  // Each is true if this is of that type or absent. Else it reports and is false.
  [[nodiscard]] bool object() const;
  [[nodiscard]] bool array() const;

  // Each is true and sets `out` if this is of that type; absent gives zero. Else it reports and is
  // false.
  //
  // A number or a string, never by way of a double.
  [[nodiscard]] bool read(std::int64_t& out) const;
  [[nodiscard]] bool read(std::uint64_t& out) const;
  [[nodiscard]] bool read(int& out) const;
  [[nodiscard]] bool read(bool& out) const;
  [[nodiscard]] bool read_text(std::string& out) const;
  [[nodiscard]] bool read_bytes(std::string& out) const;  // base64

  // Reports `what` with the way to here, e.g. "kvs[0].lease: not a 64-bit integer"; returns false.
  [[nodiscard]] bool fail(std::string_view what) const;

 private:
  field(const rapidjson::Value* value, const field& parent, std::string_view name,
        std::size_t index);
  void append_path(std::string& out) const;
  std::string_view text() const { return {value_->GetString(), value_->GetStringLength()}; }

  const rapidjson::Value* value_;
  const field* parent_ = nullptr;
  std::string_view name_;  // of a member; empty for an element
  std::size_t index_ = 0;
  std::string* why_;
};

}  // namespace tenure::etcd
