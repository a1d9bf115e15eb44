// engine/internal/raise.h: spark_raise(message), what Spark's helpers call where a value must not be computed.
#pragma once

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

void RegisterRaise(duckdb::DatabaseInstance &db);

}  // namespace tarn::engine
