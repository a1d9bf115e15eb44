#include "engine/internal/row_tracking.h"

#include "sql/render.h"

namespace tarn::engine {
namespace {

constexpr const char *kBaseRowId = "__tarn_base_row_id";
constexpr const char *kDefaultVersion = "__tarn_default_version";

std::string Qualified(const std::string &alias, const std::string &column) {
    return (alias.empty() ? "" : sql::QuoteIdentifier(alias) + ".") + sql::QuoteIdentifier(column);
}

}  // namespace

std::optional<RowTracking> RowTrackingOf(const delta::Metadata &metadata) {
    if (!metadata.BoolProperty("delta.enableRowTracking", false)) return std::nullopt;
    const std::string *id = metadata.Property("delta.rowTracking.materializedRowIdColumnName");
    const std::string *version = metadata.Property("delta.rowTracking.materializedRowCommitVersionColumnName");
    if (!id || !version) return std::nullopt;
    return RowTracking{*id, *version};
}

void ExposeRowTracking(TableScan &scan, const RowTracking &tracking) {
    for (const std::string &column : {tracking.id_column, tracking.version_column}) scan.schema.fields.push_back({column, DataType::Of(TypeKind::kLong)});
    scan.numbers.push_back({kBaseRowId, &delta::FileRow::base_row_id});
    scan.numbers.push_back({kDefaultVersion, &delta::FileRow::default_row_commit_version});
    for (const TableScan::FileNumber &number : scan.numbers) scan.schema.fields.push_back({number.column, DataType::Of(TypeKind::kLong)});
}

std::string RowIdText(const RowTracking &tracking, const std::string &alias) {
    return "COALESCE(" + Qualified(alias, tracking.id_column) + ", " + Qualified(alias, kBaseRowId) + " + " + Qualified(alias, "__tarn_row") + ")";
}

std::string RowVersionText(const RowTracking &tracking, const std::string &alias) {
    return "COALESCE(" + Qualified(alias, tracking.version_column) + ", " + Qualified(alias, kDefaultVersion) + ")";
}

std::vector<Field> RowTrackingFields(const RowTracking &tracking) {
    return {{tracking.id_column, DataType::Of(TypeKind::kLong)}, {tracking.version_column, DataType::Of(TypeKind::kLong)}};
}

std::string RowTrackingColumns(const RowTracking &tracking) {
    return RowIdText(tracking, "") + " AS " + sql::QuoteIdentifier(tracking.id_column) + ", " + RowVersionText(tracking, "") + " AS " +
           sql::QuoteIdentifier(tracking.version_column);
}

}  // namespace tarn::engine
