// engine/internal/duckdb_headers.h: DuckDB's headers, with the warnings they cause kept out of ours.
// Only src/engine may include this: everything above speaks to engine/session.h.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#include "duckdb.hpp"
#pragma GCC diagnostic pop
