// engine/internal/cell_format.h: one DuckDB value as text. See CellStyle in engine/result_set.h.
#pragma once

#include "engine/internal/duckdb_headers.h"
#include "engine/result_set.h"

namespace tarn::engine {

// `nested`: inside an array, map or struct, where Spark quotes strings and writes null in lower case.
void AppendValue(const duckdb::Value &value, CellStyle style, bool nested, std::string &out);

}  // namespace tarn::engine
