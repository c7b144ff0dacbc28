#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "tally.hpp"

constexpr auto version = "tally 1.0";

int main(int argc, char** argv) {
  if (argc < 2 || std::string(argv[1]) == "--version") {
    fmt::print("{}\n", version);
    return 0;
  }
  std::ifstream file(argv[1]);
  if (!file) {
    std::cerr << fmt::format("tally: cannot read {}\n", argv[1]);
    return 1;
  }
  for (const auto& [value, count] : tally(file, argc > 2 ? argv[2] : "level")) {
    fmt::print("{:>6} {}\n", count, value);
  }
}
