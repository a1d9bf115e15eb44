#include "base/text.h"

namespace tarn {

std::string_view Trim(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n\f\v";
    size_t start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

void AppendJsonString(std::string_view text, std::string &out) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    size_t start = 0;
    for (size_t i = 0; i < text.size(); i++) {
        unsigned char c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out += text.substr(start, i - start);
        start = i + 1;
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                out += "\\u00";
                out += kHex[c >> 4];
                out += kHex[c & 15];
        }
    }
    out += text.substr(start);
    out += '"';
}

std::string JsonString(std::string_view text) {
    std::string out;
    AppendJsonString(text, out);
    return out;
}

}  // namespace tarn
