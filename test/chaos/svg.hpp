// As much of SVG as a time line needs.
#pragma once

#include <string>

namespace tenure::chaos {

struct text_style {
  int size = 12;
  const char* colour = "#000000";
  bool bold = false;
  const char* anchor = "start";
};

class svg_page {
 public:
  void rect(double x, double y, double w, double h, const char* colour, double opacity = 1,
            double round = 0);
  void hatched(double x, double y, double w, double h);  // over what is there
  void cross(double x, double y, double reach, const char* colour);
  void diamond(double x, double y, double reach, const char* colour);
  void text(double x, double y, const std::string& what, const text_style& style);

  [[nodiscard]] std::string finish(double width, double height) const;

 private:
  std::string body_;
};

}  // namespace tenure::chaos
