// storage/internal/xml.h: the little XML that S3 and STS answer with.
//
// Elements, text, entities; attributes, comments and processing instructions are passed over, name spaces dropped.
// Bytes come from outside: damage is an error, depth is bounded, nothing is fetched or expanded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::storage {

struct XmlElement {
    std::string name;  // Without its prefix.
    std::string text;  // Of the element itself, entities resolved.
    std::vector<XmlElement> children;

    // The first child of that name, or nullptr.
    const XmlElement *Child(std::string_view child) const;
    // Its text, or "".
    std::string_view TextOf(std::string_view child) const;
};

// Errors: kCorrupt [IO_ERROR].
Result<XmlElement> ParseXml(std::string_view text);

// "&" -> "&amp;" and so on.
std::string XmlEscape(std::string_view text);

}  // namespace tarn::storage
