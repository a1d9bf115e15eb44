// delta/internal/json_writer.h: JSON text, one append at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::delta {

// Commas and quotes of objects and arrays; the caller keeps Begin and End in balance.
class JsonWriter {
public:
    explicit JsonWriter(std::string &out) : out_(out) {}

    JsonWriter &BeginObject() { return Open('{'); }
    JsonWriter &EndObject() { return Close('}'); }
    JsonWriter &BeginArray() { return Open('['); }
    JsonWriter &EndArray() { return Close(']'); }
    JsonWriter &Key(std::string_view key);
    JsonWriter &Text(std::string_view value);
    JsonWriter &Int(int64_t value) { return Raw(std::to_string(value)); }
    JsonWriter &Bool(bool value) { return Raw(value ? "true" : "false"); }
    JsonWriter &Null() { return Raw("null"); }
    JsonWriter &Raw(std::string_view json);  // Must be one JSON value.

    JsonWriter &Field(std::string_view key, std::string_view value) { return Key(key).Text(value); }
    JsonWriter &Field(std::string_view key, const char *value) { return Key(key).Text(value); }
    JsonWriter &Field(std::string_view key, int64_t value) { return Key(key).Int(value); }
    JsonWriter &Field(std::string_view key, int32_t value) { return Key(key).Int(value); }
    JsonWriter &Field(std::string_view key, bool value) { return Key(key).Bool(value); }
    JsonWriter &Field(std::string_view key, const std::map<std::string, std::string> &value);
    JsonWriter &Field(std::string_view key, const std::map<std::string, std::optional<std::string>> &value);
    JsonWriter &Field(std::string_view key, const std::vector<std::string> &value);
    // Absent values leave no trace.
    template <class T>
    JsonWriter &Field(std::string_view key, const std::optional<T> &value) {
        return value ? Field(key, *value) : *this;
    }

private:
    JsonWriter &Open(char bracket);
    JsonWriter &Close(char bracket);
    void Separate();

    std::string &out_;
    bool first_ = true;
    bool after_key_ = false;
};

}  // namespace tarn::delta
