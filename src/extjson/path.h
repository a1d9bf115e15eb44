// extjson/path.h: one value out of a JSON text, by a path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_path.h"

namespace tarn::extjson {

// A string without its quotes, anything else as JSON text without white space; with a kAll in the path, the JSON array of what
// was found, null for the elements that have nothing there. nullopt: JSON null, nothing there, or no JSON.
// Threads: any; each keeps a parser of its own. Cost: parses the whole text.
std::optional<std::string> ExtractPath(std::string_view json, const std::vector<PathStep> &path);

}  // namespace tarn::extjson
