#include "delta/internal/json_writer.h"

#include "base/text.h"

namespace tarn::delta {

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
    AppendJsonString(key, out_);
    out_ += ':';
    after_key_ = true;
    return *this;
}

JsonWriter &JsonWriter::Text(std::string_view value) {
    Separate();
    AppendJsonString(value, out_);
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
