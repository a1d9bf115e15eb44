// engine/internal/duck_run.h: runs one statement in DuckDB to its end.
#pragma once

#include <string>

#include "base/error.h"
#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// All rows of `sql`, one statement. Blocks. Unlike Connection::Query it sleeps while other threads hold the last tasks:
// several flows share the cores, and one that polls takes a core from another that computes.
Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> RunToEnd(duckdb::Connection &connection, const std::string &sql);

}  // namespace tarn::engine
