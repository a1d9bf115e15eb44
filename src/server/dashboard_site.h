// server/dashboard_site.h: a project's dashboards over HTTP.
//
//   GET  /                                       all dashboards          GET  /d/NAME?values        one
//   GET  /api/dashboards/NAME/page?values        its page as JSON        POST /api/dashboards/NAME/results   {"values", "queries"}
//   GET  /api/dashboards/NAME/table/QUERY.csv    (or .xlsx) all rows     GET  /assets/FILE
// Files are looked at for each request, so a saved change shows at once; Watch says so to those who listen for events.
// Threads: Handle may be called from any.
#pragma once

#include <functional>
#include <memory>

#include "engine/engine.h"
#include "pipeline/project.h"
#include "server/http_server.h"

namespace tarn::server {

class DashboardSite {
public:
    // `engine` is borrowed. `reload` reads the project again: its list of dashboard files may change.
    DashboardSite(engine::Engine &engine, std::function<Result<pipeline::Project>()> reload);
    ~DashboardSite();

    Response Handle(const Request &request);

    // The names of dashboards whose file or tables changed since the last call. Cost: a look at each file, and at the log of
    // each table that a page shown in the last minutes reads.
    std::vector<std::string> Changed();

    size_t queries_run() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::server
