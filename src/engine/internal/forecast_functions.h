// engine/internal/forecast_functions.h: ai_forecast and ai_top_drivers, Databricks' table functions over TABLE(…).
//
// Each becomes a subquery: the rows of a group are gathered in a list, one scalar function (tarn_forecast, tarn_top_drivers)
// makes a list of it by ai/forecast.h or ai/drivers.h, and the list is unnested. So DuckDB groups, in parallel, and the result
// is a relation like any other.
#pragma once

#include <string>
#include <vector>

#include "engine/internal/duckdb_headers.h"
#include "engine/internal/state.h"
#include "sql/render.h"

namespace tarn::engine {

void RegisterForecastFunctions(duckdb::DatabaseInstance &db);

bool IsForecastFunction(const sql::TableFunction &function);

// A FROM item. `parameters` give :name a value where an argument must be constant.
// REQUIRES: IsForecastFunction. Errors: those of arguments: REQUIRED_PARAMETER_NOT_FOUND, UNRECOGNIZED_PARAMETER_NAME, …
Result<std::string> RenderForecastFunction(const sql::TableFunction &function, const std::vector<sql::RenderedArgument> &args,
                                           const sql::Parameters &parameters);

}  // namespace tarn::engine
