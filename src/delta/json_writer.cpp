#include "delta/internal/json_writer.h"

namespace tarn::delta {

void AppendQuoted(std::string_view text, std::string &out) {
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

void JsonWriter::Separate() {
    if (!first_ && !after_key_) out_ += ',';
    first_ = false;
    after_key_ = false;
}

JsonWriter &JsonWriter::Open(char bracket) {
    Separate();
    out_ += bracket;
    first_ = true;
    return *this;
}

JsonWriter &JsonWriter::Close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
}

JsonWriter &JsonWriter::Key(std::string_view key) {
    Separate();
    AppendQuoted(key, out_);
    out_ += ':';
    after_key_ = true;
    return *this;
}

JsonWriter &JsonWriter::Text(std::string_view value) {
    Separate();
    AppendQuoted(value, out_);
    return *this;
}

JsonWriter &JsonWriter::Raw(std::string_view json) {
    Separate();
    out_ += json;
    return *this;
}

JsonWriter &JsonWriter::Field(std::string_view key, const std::map<std::string, std::string> &value) {
    Key(key).BeginObject();
    for (const auto &[name, text] : value) Field(name, std::string_view(text));
    return EndObject();
}

JsonWriter &JsonWriter::Field(std::string_view key, const std::map<std::string, std::optional<std::string>> &value) {
    Key(key).BeginObject();
    for (const auto &[name, text] : value) {
        Key(name);
        if (text) Text(*text); else Null();
    }
    return EndObject();
}

JsonWriter &JsonWriter::Field(std::string_view key, const std::vector<std::string> &value) {
    Key(key).BeginArray();
    for (const std::string &text : value) Text(text);
    return EndArray();
}

}  // namespace tarn::delta
