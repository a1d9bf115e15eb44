// dashboards/internal/front_matter.h: the YAML parts of a dashboard file.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "dashboards/model.h"

namespace tarn::dashboards {

// Fills title, parameters, … of `dashboard`. `line`: of the file, where the YAML starts.
void ParseFrontMatter(std::string_view yaml, int line, Dashboard &dashboard);

// YAML (or JSON, which is YAML) as JSON. Errors: DASHBOARD_INVALID_DEFINITION with the line within the text.
Result<nlohmann::ordered_json> YamlToJson(std::string_view yaml);

// A chart in the short form: checked, its queries and columns noted in `dashboard`.
Block ParseChart(std::string_view yaml, int line, Dashboard &dashboard);
Block ParseVegaLite(std::string_view text, int line, Dashboard &dashboard);

}  // namespace tarn::dashboards
