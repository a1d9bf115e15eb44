// engine/internal/delta_scan.h: the table function tarn_scan(handle), a pinned Delta snapshot's rows.
//
// DuckDB's own Parquet reader does the reading; we give it the file list, the table's schema, the partition
// values and the deletion vectors. A row's identity is two virtual columns, selected by name only where asked:
//   __tarn_file  UBIGINT  index into TableScan::files
//   __tarn_row   BIGINT   position in the file, from 0, counting deleted rows
#pragma once

#include "engine/internal/duckdb_headers.h"
#include "engine/internal/scan_sources.h"

namespace tarn::engine {

inline constexpr const char *kFileColumn = "__tarn_file";
inline constexpr const char *kRowColumn = "__tarn_row";

// The columns of the table that the operator scans, as `column_ids` count them; nullptr: it scans something else.
const DataType *ScannedSchema(const duckdb::LogicalGet &get);

// `sources` is borrowed and must outlive the database.
void RegisterDeltaScan(duckdb::DatabaseInstance &db, ScanSources &sources);

}  // namespace tarn::engine
