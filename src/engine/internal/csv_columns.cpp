#include "engine/internal/csv_columns.h"

#include "base/text.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/types.h"
#include "sql/render.h"

namespace tarn::engine {
namespace {

// What texts of `type` look like; of those, DuckDB's cast loses nothing. It takes 1_000 for a number, and drops the time of a DATE.
std::string PatternOf(const DataType &type) {
    const std::string kDate = "[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}", kTime = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?";
    switch (type.kind) {
        case TypeKind::kByte:
        case TypeKind::kShort:
        case TypeKind::kInt:
        case TypeKind::kLong: return "[+-]?[0-9]+";
        case TypeKind::kFloat:
        case TypeKind::kDouble: return "[^_]+";
        case TypeKind::kDecimal: return "[+-]?[0-9]*([.][0-9]{0," + std::to_string(type.scale) + "})?";
        case TypeKind::kBoolean: return "(?i:true|false)";
        case TypeKind::kDate: return kDate;
        case TypeKind::kTimestampNtz: return kDate + "([T ]" + kTime + ")?";
        case TypeKind::kTimestamp: return kDate + "([T ]" + kTime + "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?";
        default: return "(?s:.*)";
    }
}

std::string JsonText(const std::string &text) { return "CAST(to_json(" + text + ") AS VARCHAR)"; }

}  // namespace

Result<DataType> DescribeCall(ScanSources::Lease &lease, const std::string &call) {
    return Guard([&]() -> Result<DataType> {
        duckdb::Connection connection(lease.database());
        auto prepared = connection.Prepare("SELECT * FROM " + call);
        if (prepared->HasError()) return Fail(FromDuckError(prepared->error));
        std::vector<Field> fields;
        for (size_t i = 0; i < prepared->ColumnCount(); i++) {
            fields.push_back({prepared->GetNames()[i], FromLogicalType(prepared->GetTypes()[i])});
        }
        return DataType::Struct(std::move(fields));
    });
}

std::string ExactCast(const std::string &text, const DataType &type) {
    return "CASE WHEN regexp_full_match(trim(" + text + "), " + sql::QuoteLiteral(PatternOf(type)) + ") THEN TRY_CAST(trim(" + text + ") AS " +
           sql::RenderType(type) + ") END";
}

void RescuedTexts::Add(const std::string &name, const std::string &text, const std::string &value) {
    std::string lost = text + " IS NOT NULL AND (" + value + ") IS NULL", key;
    AppendJsonString(name, key);
    parts_ += "CASE WHEN " + lost + " THEN " + sql::QuoteLiteral(key + ":") + " || " + JsonText(text) + " END, ";
    any_ += (any_.empty() ? "" : " OR ") + lost;
}

std::string RescuedTexts::Render(const std::string &file) const {
    if (parts_.empty()) return "CAST(NULL AS VARCHAR)";
    return "CASE WHEN " + any_ + " THEN '{' || concat_ws(',', " + parts_ + "'\"_file_path\":' || " + JsonText(file) + ") || '}' END";
}

}  // namespace tarn::engine
