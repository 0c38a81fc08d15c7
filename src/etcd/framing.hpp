// Cuts a stream of JSON documents, split anywhere by the network, into documents.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenure::etcd {

// A document ends at its closing brace, because 3.4's error document has no newline. Strings and
// escapes are understood. White space between documents is skipped. A document larger than `limit`
// makes the stream bad for good, and so do bytes between documents that cannot start one. Only
// braces are counted: the parser says whether a document is JSON at all.
//
// A watch message can tell of thousands of events: {"result":{…,"events":[{…},…]}}. So a document
// that is longer than `part` and has a list in its second object is handed out in parts. Each part
// is a whole document, with all that stands before the list and some of its elements.
class framing {
 public:
  explicit framing(std::size_t limit, std::size_t part = static_cast<std::size_t>(-1))
      : limit_(limit), part_(part) {}

  // Takes the next bytes and calls take(std::string_view document) for each document completed.
  // The view is valid during the call only. `take` returns false to stop. Then the rest of the
  // bytes is lost, so feed no more. Returns false if stopped or bad.
  template <class Take>
  [[nodiscard]] bool feed(std::string_view bytes, Take&& take) {
    if (bad_) return false;
    while (!bytes.empty()) {
      if (!inside()) {
        start_(bytes);
        if (bad_) return false;
        if (bytes.empty()) return true;
      }
      const std::size_t length = scan_(bytes);
      if (partial_) {
        begun_.append(bytes.substr(0, length)).append("]}}");
        bytes.remove_prefix(length + 1);  // with the comma
        const bool go_on = take(std::string_view(begun_));
        partial_ = false;
        if (!go_on) return false;
        begun_.resize(before_list_);
        continue;
      }
      const bool ended = !inside();
      if (length > limit_ - begun_.size()) {
        bad_ = true;
        begun_.clear();
        begun_.shrink_to_fit();
        return false;
      }
      std::string_view document = bytes.substr(0, length);
      bytes.remove_prefix(length);
      if (!ended || !begun_.empty()) {
        begun_.append(document);
        document = begun_;
      }
      if (!ended) return true;
      if (!take(document)) return false;
      begun_.clear();
    }
    return true;
  }

  // During `take`: more of this document follows.
  [[nodiscard]] bool partial() const { return partial_; }
  [[nodiscard]] bool bad() const { return bad_; }
  [[nodiscard]] bool inside() const { return depth_ != 0; }  // a document has begun and not ended

 private:
  // Drops the white space in front of a document; bad if something else than one follows.
  void start_(std::string_view& bytes);
  // Reads on to the end of the document, of a part (before its comma), or of the bytes, and says
  // how many it took.
  std::size_t scan_(std::string_view bytes);

  std::size_t limit_;
  std::size_t part_;
  bool partial_ = false;
  bool in_list_ = false;         // at depth 3, a list in an object in an object
  char outer_[3] = {};           // what the brackets at depth 1 to 3 are
  std::size_t before_list_ = 0;  // how much stands before its first element
  bool bad_ = false;
  bool in_string_ = false;
  bool escaped_ = false;   // the last byte was a backslash in a string
  std::size_t depth_ = 0;  // of braces and brackets; 0 between documents
  std::string begun_;      // the part of a document that came with earlier bytes
};

}  // namespace tenure::etcd
