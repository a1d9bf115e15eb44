#include "engine/internal/variant_text.h"

#include <cmath>

#include "engine/internal/cell_format.h"
#include "engine/result_set.h"

#include "duckdb/common/types/blob.hpp"
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/uuid.hpp"
#include "duckdb/common/types/variant_visitor.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

// The members' names and the results are what VariantVisitor asks for. Each appends to `out`.
struct ToJson {
    using result_type = void;

    static void Quoted(const string &text, std::string &out) { AppendJsonString(text, out); }

    static void VisitNull(std::string &out) { out += "null"; }
    static void VisitBoolean(bool value, std::string &out) { out += value ? "true" : "false"; }
    template <class T>
    static void VisitInteger(T value, std::string &out) {
        if constexpr (std::is_same_v<T, hugeint_t> || std::is_same_v<T, uhugeint_t>) out += value.ToString();
        else out += std::to_string(value);
    }
    static void VisitFloat(float value, std::string &out) {
        if (std::isfinite(value)) out += JavaFloat(value);
        else Quoted(JavaFloat(value), out);
    }
    static void VisitDouble(double value, std::string &out) {
        if (std::isfinite(value)) out += JavaDouble(value);
        else Quoted(JavaDouble(value), out);
    }
    template <class T>
    static void VisitDecimal(T value, uint32_t, uint32_t scale, std::string &out) {
        // Of a value's digits only those that count: 1.50 is stored, 1.5 is shown.
        hugeint_t number;
        if constexpr (std::is_same_v<T, hugeint_t>) number = value;
        else number = Hugeint::Convert(value);
        while (scale > 0 && number % hugeint_t(10) == hugeint_t(0)) {
            number /= hugeint_t(10);
            scale--;
        }
        std::string digits = Hugeint::Abs(number).ToString();
        if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
        if (scale > 0) digits.insert(digits.size() - scale, ".");
        out += (number < hugeint_t(0) ? "-" : "") + digits;
    }
    static void VisitString(const string_t &value, std::string &out) { Quoted(value.GetString(), out); }
    static void VisitBlob(const string_t &value, std::string &out) { Quoted(duckdb::Blob::ToBase64(value), out); }
    static void VisitBignum(const string_t &value, std::string &out) { Quoted(duckdb::Blob::ToBase64(value), out); }
    static void VisitGeometry(const string_t &value, std::string &out) { Quoted(duckdb::Blob::ToBase64(value), out); }
    static void VisitBitstring(const string_t &value, std::string &out) { Quoted(duckdb::Blob::ToBase64(value), out); }
    static void VisitUUID(hugeint_t value, std::string &out) { Quoted(UUID::ToString(value), out); }
    static void VisitDate(date_t value, std::string &out) { Quoted(Date::ToString(value), out); }
    static void VisitInterval(interval_t value, std::string &out) { Quoted(Value::INTERVAL(value).ToString(), out); }
    static void VisitTime(dtime_t value, std::string &out) { Quoted(Value::TIME(value).ToString(), out); }
    static void VisitTimeNanos(dtime_ns_t value, std::string &out) { Quoted(Value::TIME_NS(value).ToString(), out); }
    static void VisitTimeTZ(dtime_tz_t value, std::string &out) { Quoted(Value::TIMETZ(value).ToString(), out); }
    static void VisitTimestampSec(timestamp_sec_t value, std::string &out) {
        Quoted(Value::TIMESTAMPSEC(value).ToString(), out);
    }
    static void VisitTimestampMs(timestamp_ms_t value, std::string &out) { Quoted(Value::TIMESTAMPMS(value).ToString(), out); }
    static void VisitTimestamp(timestamp_t value, std::string &out) { Quoted(Timestamp::ToString(value), out); }
    static void VisitTimestampNanos(timestamp_ns_t value, std::string &out) {
        Quoted(Value::TIMESTAMPNS(value).ToString(), out);
    }
    static void VisitTimestampTZ(timestamp_tz_t value, std::string &out) {
        Quoted(Timestamp::ToString(timestamp_t(value.value)) + "+00:00", out);
    }
    static void VisitDefault(VariantLogicalType type, const_data_ptr_t, std::string &) {
        throw NotImplementedException("A VARIANT holds a value of kind %d, which cannot be shown", static_cast<int>(type));
    }

    static void VisitArray(const UnifiedVariantVectorData &variant, idx_t row, const VariantNestedData &data, std::string &out) {
        out += '[';
        for (idx_t i = 0; i < data.child_count; i++) {
            if (i > 0) out += ',';
            VariantVisitor<ToJson>::Visit(variant, row, variant.GetValuesIndex(row, data.children_idx + i), out);
        }
        out += ']';
    }
    static void VisitObject(const UnifiedVariantVectorData &variant, idx_t row, const VariantNestedData &data, std::string &out) {
        out += '{';
        for (idx_t i = 0; i < data.child_count; i++) {
            if (i > 0) out += ',';
            Quoted(variant.GetKey(row, variant.GetKeysIndex(row, data.children_idx + i)).GetString(), out);
            out += ':';
            VariantVisitor<ToJson>::Visit(variant, row, variant.GetValuesIndex(row, data.children_idx + i), out);
        }
        out += '}';
    }
};

}  // namespace

void AppendVariant(const Value &value, std::string &out) {
    Vector vector(value);
    RecursiveUnifiedVectorFormat format;
    Vector::RecursiveToUnifiedFormat(vector, 1, format);
    UnifiedVariantVectorData variant(format);
    VariantVisitor<ToJson>::Visit(variant, 0, 0, out);
}

}  // namespace tarn::engine
