#pragma once

#include <istream>
#include <string>

#include <boost/container/flat_map.hpp>

using Counts = boost::container::flat_map<std::string, long>;

/// Counts the values of one field in JSON lines. Lines that are no JSON objects with that field are counted as "?".
Counts tally(std::istream& lines, const std::string& field);
