// How time, memory and requests grow with the number of elections: a table and a picture.
#include <cstdio>
#include <cstdlib>

#include "test/bench/world.hpp"

namespace bench {

namespace {

struct row {
  int elections = 0;
  double ms = 0;
  double private_kib = 0;
  double requests = 0;
};

row measure(const world& w, int elections, int times) {
  sample ms;
  row r;
  r.elections = elections;
  for (int i = 0; i < times; ++i) {
    subject s(w.contender(w.new_app("growth"), "a", elections));
    const std::int64_t from = s.hear("open");
    ms.add(static_cast<double>(s.hear("leading") - from) / 1e6);
    s.say("requests");
    r.requests = static_cast<double>(s.hear("requests"));
    rest_ms(500);
    r.private_kib = look_at(s.pid()).private_kib;
    s.say("close");
    (void)s.hear("closed");
  }
  r.ms = ms.median();
  return r;
}

void draw(const world& w, const std::vector<row>& rows) {
  const std::string data = w.directory + "/growth.dat";
  std::FILE* out = std::fopen(data.c_str(), "we");
  if (out == nullptr) fail("cannot write " + data);
  for (const row& r : rows)
    std::fprintf(out, "%d %g %g %g\n", r.elections, r.ms, r.private_kib, r.requests);
  std::fclose(out);
  const std::string picture = w.directory + "/growth.svg";
  const std::string script =
      "set terminal svg size 720,480 background rgb 'white'; set output '" + picture +
      "'; set logscale xy; set key left top; "
      "set grid; set xlabel 'elections of one session'; set title 'From opening the session to "
      "leading all'; set yrange [0.5:*]; "
      "plot '" +
      data +
      "' using 1:2 with linespoints lw 2 title 'time, ms', '' using 1:3 with linespoints lw 2 "
      "title "
      "'private memory, KiB', '' using 1:4 with linespoints lw 2 title 'requests until then'";
  tenure::test::process gnuplot({"gnuplot", "-e", script});
  if (gnuplot.wait().exit_code != 0) fail("gnuplot: " + gnuplot.errors());
  w.out.note("drawn: " + picture);
}

}  // namespace

void growth(world& w) {
  w.out.section("how it grows: session opened -> all acquired");
  std::vector<row> rows;
  for (const int elections : {1, 10, 100, 1000, 10000}) {
    const row r = measure(w, elections, elections > 1000 ? 1 : w.share(5));
    const std::string name =
        std::to_string(elections) + (elections == 1 ? " election: " : " elections: ");
    w.out.add({name + "time", "ms", r.ms});
    w.out.add({name + "private memory", "KiB", r.private_kib});
    w.out.add({name + "requests", "", r.requests});
    rows.push_back(r);
  }
  draw(w, rows);
}

}  // namespace bench
