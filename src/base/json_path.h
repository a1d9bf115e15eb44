// base/json_path.h: a path into JSON, as the SQL parser writes it for `column:field.sub[0]` and as readers take it.
//
// Text form, so that it is a literal of the rendered call: .name matches in any case, ['name'] exactly, [n] is an element
// from 0, [*] all of them. A backslash takes the next byte for itself within names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn {

struct PathStep {
    enum class Kind : uint8_t { kAnyCase, kExact, kIndex, kAll };
    Kind kind = Kind::kAnyCase;
    std::string name;   // The two kinds of names.
    uint32_t index = 0;
};

std::string PathText(const std::vector<PathStep> &path);
// nullopt: not a text of PathText.
std::optional<std::vector<PathStep>> ParsePathText(std::string_view text);

}  // namespace tarn
