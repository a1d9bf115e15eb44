// engine/internal/row_tracking.h: row ids that stay with a row wherever it is written again.
//
// A row's id is what its file holds in a hidden column, or else the file's base id plus its position; likewise the version
// in which it last changed. A file of rows that were there before has both hidden columns. sql::RowMetadata reads them.
// Specification: PROTOCOL.md, "Row Tracking".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delta/snapshot.h"
#include "engine/internal/scan_sources.h"

namespace tarn::engine {

struct RowTracking {
    std::string id_column, version_column;  // Their names in files.
};

// nullopt: the table does not keep row ids stable.
std::optional<RowTracking> RowTrackingOf(const delta::Metadata &metadata);

// For files that rows of a scan move to: the hidden columns, and "id AS …, version AS …" that fills them in a SELECT of that scan.
std::vector<Field> RowTrackingFields(const RowTracking &tracking);
std::string RowTrackingColumns(const RowTracking &tracking);

}  // namespace tarn::engine
