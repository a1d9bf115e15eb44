// dashboards/load.h: files to dashboards.
//
// Threads: pure functions. Errors: those of reading a file; mistakes within one are the dashboard's problems.
#pragma once

#include <filesystem>
#include <vector>

#include "dashboards/model.h"

namespace tarn::dashboards {

// NAME.md, or Databricks' NAME.lvdash.json. Errors: IO_ERROR.
Result<Dashboard> LoadDashboard(const std::filesystem::path &file);

// All of them, by `order`, then by name. Errors: IO_ERROR; DASHBOARD_INVALID_DEFINITION for two of one name.
Result<std::vector<Dashboard>> LoadDashboards(const std::vector<std::filesystem::path> &files);

// Which parameters each query names; a :name that is none is a problem. Loading does it.
void LinkParameters(Dashboard &dashboard);

// Which queries each query reads: a table name of one part that is the name of a query above it means that query, as if it were a
// common table expression. Loading a Markdown file does it, after LinkParameters.
void LinkQueries(Dashboard &dashboard);

}  // namespace tarn::dashboards
