// engine/internal/curves.h: orders rows so that rows near in several columns lie near in files (ZORDER BY, liquid clustering).
//
// Each column's values are cut into ranges of about as many rows each, by a sample; a row's ranges are its coordinates, and
// its place on a space-filling curve is what it is sorted by. Two scalar functions do the work in DuckDB:
//   tarn_range(value, [bounds])   how many of the ascending bounds are <= value; 0 for NULL. DOUBLE or VARCHAR
//   tarn_zorder(bits, range, …)   the interleaved bits of the ranges; UBIGINT
//   tarn_hilbert(bits, range, …)  the place on the Hilbert curve; UBIGINT
#pragma once

#include <string>
#include <vector>

#include "delta/clustering.h"
#include "engine/internal/duckdb_headers.h"
#include "engine/internal/space_curve.h"
#include "engine/internal/state.h"

namespace tarn::engine {

enum class Curve : uint8_t { kZOrder, kHilbert };

void RegisterCurves(duckdb::DatabaseInstance &db);

// Whether a column of this type can be a coordinate: numbers, text, dates, times, booleans.
bool HasRanges(const DataType &type);

// The expression to ORDER BY for rows of `from` (a FROM item whose columns are `schema`'s). Reads a sample of the columns.
// REQUIRES: every path is there and HasRanges.
Result<std::string> CurveOrder(SessionState &session, Curve curve, const DataType &schema,
                               const std::vector<delta::ColumnPath> &columns, const std::string &from);

}  // namespace tarn::engine
