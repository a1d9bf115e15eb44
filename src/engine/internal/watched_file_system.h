// engine/internal/watched_file_system.h: DuckDB's local files under the faults of storage/faults.h.
#pragma once

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// Where a test has installed faults: files below their folder then ask for them. Nothing otherwise.
void RegisterWatchedFileSystem(duckdb::DatabaseInstance &db);

}  // namespace tarn::engine
