#include "tally.hpp"

#include <boost/algorithm/string/trim.hpp>
#include <nlohmann/json.hpp>

Counts tally(std::istream& lines, const std::string& field) {
  Counts counts;
  for (std::string line; std::getline(lines, line);) {
    boost::algorithm::trim(line);
    if (line.empty()) continue;
    const auto value = nlohmann::json::parse(line, nullptr, /* allow_exceptions */ false);
    const bool known = value.is_object() && value.contains(field) && value[field].is_string();
    ++counts[known ? value[field].get<std::string>() : "?"];
  }
  return counts;
}
