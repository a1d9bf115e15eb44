// dashboards/page.h: the page that the browser gets, as JSON (docs/formats/dashboard-page.md).
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "dashboards/model.h"
#include "dashboards/results.h"
#include "dashboards/values.h"

namespace tarn::dashboards {

struct PageDashboard {
    const Dashboard *dashboard = nullptr;
    Values values;
    std::vector<ResultRef> results;
};

struct PageOptions {
    bool live = false;
    bool report = false;
    std::string project;
    std::vector<const Dashboard *> index;  // All of the project.
};

std::string PageJson(const PageOptions &options, const std::vector<PageDashboard> &dashboards);

// The names of all queries that the blocks and the parameters show, each once.
std::vector<std::string> QueriesShown(const Dashboard &dashboard);

// `text` (JSON) for a <script> element: no `<` is left that could end it.
std::string ForScript(std::string_view text);

}  // namespace tarn::dashboards
