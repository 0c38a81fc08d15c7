#include "net/besides.hpp"

namespace tenure::net {

// An empty line ends the headers. An interim answer (100) has its own before.
bool besides::take_line(std::string_view line) {
  if (line.substr(0, 5) == "HTTP/") {
    headers_whole_ = false;
    if (line.find(" 1") == line.find(' ')) ++interim_;
  }
  lines_ += line.size() + a_line_more;
  if (lines_ > most_lines) {
    const char* what = headers_whole_ ? "trailers" : interim_ > 1 ? "interim answers" : "headers";
    excess_ = std::string("its ") + what + " have no end: more than " + std::to_string(most_lines) +
              " bytes came, with " + std::to_string(a_line_more) + " for each line";
    return false;
  }
  if (line == "\r\n" || line == "\n") headers_whole_ = true;
  return true;
}

bool besides::take_reading(std::uint64_t bytes) {
  if (!looked_) before_ = bytes;
  looked_ = true;
  if (bytes - before_ <= most_framing + framing_a_byte * body_) return true;
  excess_ = "the answer is framed without end, by chunk extensions perhaps: " +
            std::to_string(bytes - before_) + " bytes came for " + std::to_string(body_) +
            " of its body";
  return false;
}

}  // namespace tenure::net
