// engine/internal/utc_casts.h: TIMESTAMP WITH TIME ZONE to and from TIMESTAMP and DATE in a session whose time zone is UTC.
#pragma once

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// Before the database is opened.
void RegisterUtcCasts(duckdb::DBConfig &config);

}  // namespace tarn::engine
