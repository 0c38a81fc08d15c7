// Base64, both ways: RFC 4648's examples, all lengths, all bytes, and all that must be refused.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <utility>

#include "etcd/base64.hpp"

namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  tenure::etcd::append_base64(out, bytes);
  return out;
}

bool refused(std::string_view text) {
  std::string out = "left over";
  return !tenure::etcd::decode_base64(text, out) && out.empty();
}

}  // namespace

Test(etcd_base64, gives_the_examples_of_the_rfc) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : examples) {
    cr_assert(eq(type(std::string), encoded(bytes), std::string(text)));
    std::string back;
    cr_assert(tenure::etcd::decode_base64(text, back));
    cr_assert(eq(type(std::string), back, std::string(bytes)));
  }
}

Test(etcd_base64, appends_to_what_is_there) {
  std::string out = "\"";
  tenure::etcd::append_base64(out, "f");
  cr_assert(eq(type(std::string), out, std::string("\"Zg==")));
}

Test(etcd_base64, returns_every_byte_at_every_place_and_length) {
  for (std::size_t length = 0; length < 20; ++length) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes;
      for (std::size_t i = 0; i < length; ++i)
        bytes += static_cast<char>(byte + static_cast<int>(i) * 37);
      std::string back;
      cr_assert(tenure::etcd::decode_base64(encoded(bytes), back));
      cr_assert(back == bytes);
    }
  }
}

Test(etcd_base64, refuses_wrong_lengths_and_padding) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm8", "Zm9vY", "=", "==", "===", "====", "Z===",
                           "Zg==Zg==", "Zg=g", "=Zg=", "Zm9v====", "Zg== ", " Zg=="}) {
    cr_assert(refused(text), "%s", text);
  }
}

Test(etcd_base64, refuses_every_character_outside_the_standard_alphabet_at_every_place) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (alphabet.find(c) != std::string::npos) continue;
    for (std::size_t at = 0; at < 8; ++at) {
      std::string text = "Zm9vYmFy";
      text[at] = c;
      if (c != '=') cr_assert(refused(text), "byte %d at %zu", byte, at);
    }
  }
  cr_assert(refused("-_-_"));  // the URL-safe alphabet
  cr_assert(refused(std::string_view("Zg\0=", 4)));
  cr_assert(refused("Zm9v\nZm9v"));
}

Test(etcd_base64, refuses_bits_that_no_byte_takes) {
  for (const char* text : {"Zh==", "Zv==", "Zm9=", "Zm+=", "Zm9vZh=="})
    cr_assert(refused(text), "%s", text);
}
