// engine/internal/char_columns.h: CHAR(n) as Spark reads and compares it.
//
// Files may hold a CHAR(n) shorter than n: Spark writes what it was given, and so does delta-rs. Every read fills it up with
// blanks, in structs, arrays and maps as well, and a comparison of a CHAR(n) column with a constant or with another CHAR
// column fills up the shorter side. What a column is, is followed through DuckDB's plan as Spark follows it: views, subqueries,
// aliases, GROUP BY and the first branch of UNION keep it; whatever computes a value makes a STRING of it.
#pragma once

#include <optional>

#include "base/data_type.h"
#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// tarn_char(value, 'char(5)'): `value`, filled up as its type says; a type's whole spelling, with what is nested in it.
void RegisterCharFunction(duckdb::DatabaseInstance &db);
// Rewrites plans: what tarn_scan gives of CHAR columns, and comparisons.
void RegisterCharColumns(duckdb::DBConfig &config);

// The type of a Delta column as it was declared, where there is a CHAR in it.
std::optional<DataType> CharTypeOf(const Field &field);

// Filters on filled up values say something of the raw ones, which files have statistics of: adds that to `filters`.
void AddBoundsOfRawChars(duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> &filters);

}  // namespace tarn::engine
