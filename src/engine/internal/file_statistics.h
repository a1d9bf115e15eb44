// engine/internal/file_statistics.h: what the log says about a file's columns, as DuckDB's statistics.
//
// Whoever plans or scans asks: which files can hold a row that passes these filters; how far do a column's values reach;
// how many rows are there. Partition values count as statistics with equal bounds. What the log does not say is unknown
// and never skips a file.
// Cost: one pass over a file's statistics text for each column asked for.
// Specification: PROTOCOL.md, "Per-file Statistics".
#pragma once

#include "engine/internal/duckdb_headers.h"
#include "engine/internal/scan_sources.h"

namespace tarn::engine {

// The value that a whole file has in a partition column; absent for other columns.
std::optional<duckdb::Value> PartitionValue(const TableScan &scan, const delta::FileRow &file, const Field &field,
                                            const duckdb::LogicalType &type);

// Of one column of one file. Bounds are bounds, not necessarily values that occur: text is cut, masked rows count.
duckdb::BaseStatistics StatisticsOf(const TableScan &scan, const delta::FileRow &file, const Field &field,
                                    const duckdb::LogicalType &type);
// Of all of the scan's files together; nullptr when there are too many to look at for one plan, or none.
duckdb::unique_ptr<duckdb::BaseStatistics> StatisticsOf(const TableScan &scan, const std::vector<size_t> &files,
                                                        const Field &field, const duckdb::LogicalType &type);

// A filter on one column of a scan. Borrowed.
struct ColumnFilter {
    const Field &field;
    const duckdb::LogicalType &type;
    const duckdb::TableFilter &filter;
};
// Those of `files` that may hold a row which passes all filters. Many files are shared out among threads.
std::vector<size_t> FilesThatMayPass(const TableScan &scan, const std::vector<size_t> &files, const std::vector<ColumnFilter> &filters);

// Whether the file's bounds of this column are values of rows that are not masked: MIN and MAX need no scan then.
bool BoundsAreValues(const TableScan &scan, size_t file, const Field &field);

}  // namespace tarn::engine
