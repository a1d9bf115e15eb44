// engine/internal/duckdb_headers.h: DuckDB's headers. They lie in system folders (cmake/Dependencies.cmake), which keeps their warnings out of ours.
// Only src/engine may include this: everything above speaks to engine/session.h.
#pragma once

#include "duckdb.hpp"
