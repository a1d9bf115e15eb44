#include "engine/internal/row_tracking.h"

#include "sql/render.h"

namespace tarn::engine {

std::optional<RowTracking> RowTrackingOf(const delta::Metadata &metadata) {
    if (!metadata.BoolProperty("delta.enableRowTracking", false)) return std::nullopt;
    const std::string *id = metadata.Property("delta.rowTracking.materializedRowIdColumnName");
    const std::string *version = metadata.Property("delta.rowTracking.materializedRowCommitVersionColumnName");
    if (!id || !version) return std::nullopt;
    return RowTracking{*id, *version};
}

std::vector<Field> RowTrackingFields(const RowTracking &tracking) {
    return {{tracking.id_column, DataType::Of(TypeKind::kLong)}, {tracking.version_column, DataType::Of(TypeKind::kLong)}};
}

std::string RowTrackingColumns(const RowTracking &tracking) {
    return sql::RowMetadata("", "row_id") + " AS " + sql::QuoteIdentifier(tracking.id_column) + ", " +
           sql::RowMetadata("", "row_commit_version") + " AS " + sql::QuoteIdentifier(tracking.version_column);
}

}  // namespace tarn::engine
