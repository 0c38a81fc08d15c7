#include "test/chaos/svg.hpp"

#include <cstdio>

namespace tenure::chaos {
namespace {

template <class... Values>
std::string format(const char* how, Values... values) {
  char line[512];
  std::snprintf(line, sizeof line, how, values...);
  return line;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

void svg_page::rect(double x, double y, double w, double h, const char* colour, double opacity,
                    double round) {
  body_ += format(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.0f\" fill=\"%s\" "
      "fill-opacity=\"%.2f\"/>\n",
      x, y, w, h, round, colour, opacity);
}

void svg_page::hatched(double x, double y, double w, double h) {
  body_ +=
      format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"url(#hatch)\"/>\n",
             x, y, w, h);
}

void svg_page::cross(double x, double y, double reach, const char* colour) {
  body_ += format(
      "<path d=\"M%.1f %.1fl%.1f %.1fm0 %.1fl%.1f %.1f\" stroke=\"%s\" stroke-width=\"2.5\" "
      "fill=\"none\"/>\n",
      x - reach, y - reach, 2 * reach, 2 * reach, -2 * reach, -2 * reach, 2 * reach, colour);
}

void svg_page::diamond(double x, double y, double reach, const char* colour) {
  body_ += format("<path d=\"M%.1f %.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fz\" fill=\"%s\"/>\n", x,
                  y - reach, reach, reach, -reach, reach, -reach, -reach, colour);
}

void svg_page::text(double x, double y, const std::string& what, const text_style& style) {
  body_ += format(
               "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" fill=\"%s\" font-weight=\"%d\" "
               "text-anchor=\"%s\">",
               x, y, style.size, style.colour, style.bold ? 600 : 400, style.anchor) +
           escaped(what) + "</text>\n";
}

std::string svg_page::finish(double width, double height) const {
  return format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 "
             "0 %.0f %.0f\" "
             "font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\">\n",
             width, height, width, height) +
         "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
         "patternTransform=\"rotate(45)\">"
         "<rect width=\"3\" height=\"6\" fill=\"#ffffff\" "
         "fill-opacity=\"0.65\"/></pattern></defs>\n" +
         format("<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", width, height) +
         body_ + "</svg>\n";
}

}  // namespace tenure::chaos
