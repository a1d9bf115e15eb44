#include "sql/ast.h"

#include "sql/parser.h"

namespace tarn::sql {

std::string Name::ToString() const {
    std::string text;
    for (const std::string &part : parts) {
        if (!text.empty()) text += '.';
        text += NeedsQuotes(part) ? QuoteName(part) : part;
    }
    return text;
}

bool Name::Equals(const Name &other) const {
    if (parts.size() != other.parts.size()) return false;
    for (size_t i = 0; i < parts.size(); i++) {
        if (!EqualsIgnoreCase(parts[i], other.parts[i])) return false;
    }
    return true;
}

}  // namespace tarn::sql
