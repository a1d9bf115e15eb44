// engine/internal/row_tracking.h: row ids that stay with a row wherever it is written again.
//
// A row's id is what its file holds in a hidden column, or else the file's base id plus its position; likewise the version
// in which it last changed. A file of rows that were there before has both hidden columns.
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

// Adds to a scan what RowIdText and RowVersionText need. SELECT * shows these columns, too.
void ExposeRowTracking(TableScan &scan, const RowTracking &tracking);

// DuckDB text for a row of such a scan; `alias` may be empty. Both need __tarn_row, the scan's virtual column.
std::string RowIdText(const RowTracking &tracking, const std::string &alias);
std::string RowVersionText(const RowTracking &tracking, const std::string &alias);

// For files that rows of such a scan move to: the hidden columns, and "id AS …, version AS …" that fills them.
std::vector<Field> RowTrackingFields(const RowTracking &tracking);
std::string RowTrackingColumns(const RowTracking &tracking);

}  // namespace tarn::engine
