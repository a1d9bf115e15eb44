// engine/internal/type_name.h: typeof, as the function tarn_typeof(any): Spark's name of the argument's type, "array<string>".
#pragma once

#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

void RegisterTypeName(duckdb::DatabaseInstance &db);

}  // namespace tarn::engine
