// engine/internal/types.h: tarn::DataType <-> duckdb::LogicalType.
//
// Spark's TIMESTAMP is an instant, DuckDB's TIMESTAMP WITH TIME ZONE; TIMESTAMP_NTZ is DuckDB's TIMESTAMP.
// Threads: pure functions.
#pragma once

#include "base/data_type.h"
#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// Errors: FEATURE_NOT_SUPPORTED for a type that DuckDB has no counterpart of.
Result<duckdb::LogicalType> ToLogicalType(const DataType &type);

// The Spark type a DuckDB expression's type is shown and stored as: HUGEINT, which DuckDB makes of a
// sum of integers, is Spark's BIGINT; ENUM and JSON become STRING, unsigned integers the next wider signed type.
DataType FromLogicalType(const duckdb::LogicalType &type);

}  // namespace tarn::engine
