#include "engine/result_set.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/internal/cell_format.h"
#include "duckdb/common/types/time.hpp"
#include "engine/internal/types.h"
#include "engine/internal/variant_text.h"

namespace tarn::engine {
namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;

// Java's rule: plain notation from 10^-3 to 10^7, otherwise d.dddE±x; the digits are the shortest that read back.
template <class T>
std::string JavaFloating(T value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
    char buffer[64];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific).ptr;
    std::string_view text(buffer, static_cast<size_t>(end - buffer));  // d[.ddd]e±xx
    size_t e = text.find('e');
    std::string digits(text.substr(0, 1));
    if (e > 2) digits += text.substr(2, e - 2);
    int exponent = 0;
    std::string_view exponent_text = text.substr(e + 1);
    if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
    std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

    std::string out = value < 0 ? "-" : "";
    if (exponent < -3 || exponent >= 7) {
        std::string fraction = digits.size() > 1 ? digits.substr(1) : "0";
        return out + digits[0] + "." + fraction + "E" + std::to_string(exponent);
    }
    if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
    size_t whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0') + ".0";
    return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

// Spark prints the fraction of a second without trailing zeros.
std::string TimestampText(duckdb::timestamp_t value, char separator, bool utc_mark) {
    if (!duckdb::Timestamp::IsFinite(value)) return duckdb::Timestamp::ToString(value);
    duckdb::date_t date;
    duckdb::dtime_t time;
    duckdb::Timestamp::Convert(value, date, time);
    int32_t year, month, day, hour, minute, second, micros;
    duckdb::Date::Convert(date, year, month, day);
    duckdb::Time::Convert(time, hour, minute, second, micros);
    char buffer[64];
    int length = std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d%c%02d:%02d:%02d", year, month, day, separator, hour,
                               minute, second);
    std::string text(buffer, static_cast<size_t>(length));
    if (micros != 0) {
        std::snprintf(buffer, sizeof buffer, ".%06d", micros);
        text += buffer;
        while (text.back() == '0') text.pop_back();
    }
    return utc_mark ? text + "Z" : text;
}

void AppendBase64(std::string_view bytes, std::string &out) {
    static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.size(); i += 3) {
        uint32_t group = 0;
        size_t count = std::min<size_t>(3, bytes.size() - i);
        for (size_t j = 0; j < 3; j++) group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0u);
        for (size_t j = 0; j < 4; j++) out += j <= count ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
}

// spark-sql shows an interval as "1 days 02:03:04"; the year-month part comes first.
void AppendScalar(const Value &value, CellStyle style, bool nested, std::string &out) {
    bool json = style == CellStyle::kJson;
    auto quoted = [&](const std::string &text) {
        if (json) AppendJsonString(text, out);
        else out += text;
    };
    switch (value.type().id()) {
        case LogicalTypeId::BOOLEAN: out += value.GetValue<bool>() ? "true" : "false"; return;
        case LogicalTypeId::FLOAT: {
            float number = value.GetValue<float>();
            if (std::isfinite(number)) out += JavaFloat(number);
            else quoted(JavaFloat(number));
            return;
        }
        case LogicalTypeId::DOUBLE: {
            double number = value.GetValue<double>();
            if (std::isfinite(number)) out += JavaDouble(number);
            else quoted(JavaDouble(number));
            return;
        }
        case LogicalTypeId::VARCHAR:
            if (json) AppendJsonString(duckdb::StringValue::Get(value), out);
            else if (nested) out += '"' + duckdb::StringValue::Get(value) + '"';
            else out += duckdb::StringValue::Get(value);
            return;
        case LogicalTypeId::BLOB: {
            const std::string &bytes = duckdb::StringValue::Get(value);
            if (!json) {
                out += bytes;
                return;
            }
            out += '"';
            AppendBase64(bytes, out);
            out += '"';
            return;
        }
        case LogicalTypeId::TIMESTAMP_TZ:
            quoted(TimestampText(duckdb::timestamp_t(value.GetValueUnsafe<int64_t>()), json ? 'T' : ' ', json));
            return;
        case LogicalTypeId::TIMESTAMP:
            quoted(TimestampText(duckdb::TimestampValue::Get(value), json ? 'T' : ' ', false));
            return;
        case LogicalTypeId::TINYINT:
        case LogicalTypeId::SMALLINT:
        case LogicalTypeId::INTEGER:
        case LogicalTypeId::BIGINT:
        case LogicalTypeId::HUGEINT:
        case LogicalTypeId::UTINYINT:
        case LogicalTypeId::USMALLINT:
        case LogicalTypeId::UINTEGER:
        case LogicalTypeId::UBIGINT:
        case LogicalTypeId::DECIMAL: out += value.ToString(); return;
        default: quoted(value.ToString()); return;
    }
}

}  // namespace

std::string JavaDouble(double value) { return JavaFloating(value); }
std::string JavaFloat(float value) { return JavaFloating(value); }

void AppendValue(const Value &value, CellStyle style, bool nested, std::string &out) {
    if (value.IsNull()) {
        out += style == CellStyle::kJson || nested ? "null" : "NULL";
        return;
    }
    auto list = [&](const duckdb::vector<Value> &children) {
        out += '[';
        for (size_t i = 0; i < children.size(); i++) {
            if (i > 0) out += ',';
            AppendValue(children[i], style, true, out);
        }
        out += ']';
    };
    switch (value.type().id()) {
        case LogicalTypeId::VARIANT: return AppendVariant(value, out);
        case LogicalTypeId::LIST: return list(duckdb::ListValue::GetChildren(value));
        case LogicalTypeId::ARRAY: return list(duckdb::ArrayValue::GetChildren(value));
        case LogicalTypeId::STRUCT: {
            auto &types = duckdb::StructType::GetChildTypes(value.type());
            auto &children = duckdb::StructValue::GetChildren(value);
            out += '{';
            for (size_t i = 0; i < children.size(); i++) {
                if (i > 0) out += ',';
                AppendJsonString(types[i].first, out);
                out += ':';
                AppendValue(children[i], style, true, out);
            }
            out += '}';
            return;
        }
        case LogicalTypeId::MAP: {
            out += '{';
            bool first = true;
            for (auto &entry : duckdb::MapValue::GetChildren(value)) {
                auto &pair = duckdb::StructValue::GetChildren(entry);
                if (!first) out += ',';
                first = false;
                std::string key;
                AppendValue(pair[0], CellStyle::kSpark, style == CellStyle::kSpark, key);
                if (style == CellStyle::kJson) AppendJsonString(key, out);
                else out += key;
                out += ':';
                AppendValue(pair[1], style, true, out);
            }
            out += '}';
            return;
        }
        default: return AppendScalar(value, style, nested, out);
    }
}

}  // namespace tarn::engine
