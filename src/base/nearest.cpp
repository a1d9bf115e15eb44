#include "base/nearest.h"

#include <algorithm>

#include "base/data_type.h"

namespace tarn {
namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); j++) row[j] = j;
    for (size_t i = 1; i <= a.size(); i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); j++) {
            size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

std::vector<std::string> NearestNames(std::string_view word, const std::vector<std::string_view> &candidates,
                                      size_t limit) {
    // A name this long is no typing error, and the distance costs the product of the lengths.
    if (word.size() > 100) return {};
    std::string lower = ToLower(word);
    // Less than the whole word: any name is one edit from "f".
    size_t allowed = std::min(std::max<size_t>(2, word.size() / 3), word.size() - std::min<size_t>(1, word.size()));
    std::vector<std::pair<size_t, std::string_view>> found;
    for (std::string_view candidate : candidates) {
        size_t longer = std::max(candidate.size(), lower.size());
        size_t shorter = std::min(candidate.size(), lower.size());
        if (longer - shorter > allowed) continue;
        size_t distance = EditDistance(lower, ToLower(candidate));
        if (distance <= allowed) found.emplace_back(distance, candidate);
    }
    std::ranges::stable_sort(found, {}, [](const auto &entry) { return entry.first; });
    std::vector<std::string> names;
    for (const auto &entry : found) {
        if (names.size() == limit) break;
        names.emplace_back(entry.second);
    }
    return names;
}

std::string QuoteList(const std::vector<std::string> &names) {
    std::string text;
    for (const std::string &name : names) {
        if (!text.empty()) text += ", ";
        text += "`" + name + "`";
    }
    return text;
}

}  // namespace tarn
