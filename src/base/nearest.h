// base/nearest.h: names that look like a wrong one, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tarn {

// At most `limit` candidates within an edit distance of a third of the word's length (at least 2), nearest first,
// without case.
std::vector<std::string> NearestNames(std::string_view word, const std::vector<std::string_view> &candidates, size_t limit);
inline std::vector<std::string> NearestNames(std::string_view word, const std::vector<std::string> &candidates, size_t limit) {
    return NearestNames(word, std::vector<std::string_view>(candidates.begin(), candidates.end()), limit);
}

// "`a`, `b`"; empty when there is none.
std::string QuoteList(const std::vector<std::string> &names);

}  // namespace tarn
