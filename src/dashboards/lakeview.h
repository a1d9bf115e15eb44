// dashboards/lakeview.h: Databricks' AI/BI dashboards (.lvdash.json) as dashboards of ours.
//
// Datasets, pages (as tabs), text, counter, table, pivot (as a table), bar, line, area, pie, scatter, histogram, heatmap, box,
// combo and choropleth-map widgets; filters on fields and on parameters: single and multi select, text, date, date range, slider.
// A widget of another kind shows what it is, in its place. Specification: files that Databricks exports; the format is not published.
// Threads: pure. Errors: mistakes are the dashboard's problems.
#pragma once

#include <string_view>

#include "dashboards/model.h"

namespace tarn::dashboards {

Dashboard ParseLakeview(std::string_view json, std::string name);

}  // namespace tarn::dashboards
