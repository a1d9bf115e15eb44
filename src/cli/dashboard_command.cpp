// tarn dashboard serve, build and check; tarn report.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "cli/commands.h"
#include "cli/output.h"
#include "dashboards/build.h"
#include "dashboards/load.h"
#include "engine/engine.h"
#include "pipeline/project.h"
#include "server/dashboard_site.h"

namespace tarn::cli {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(300);

int Print(const Error &error) {
    std::fprintf(stderr, "%s\n", error.ToString().c_str());
    return 1;
}

// A project with its dashboards, over an open root.
struct Opened {
    pipeline::ProjectOptions options;
    pipeline::Project project;
    std::unique_ptr<engine::Engine> engine;
    std::vector<dashboards::Dashboard> dashboards;
    std::unique_ptr<dashboards::ResultStore> store;
};

// 0, or the exit status. `names`: only these dashboards.
int Open(const ProjectArguments &arguments, const std::vector<std::string> &names, Opened &opened) {
    std::map<std::string, std::string> variables;
    if (!ParsePairs(arguments.variables, "--var", variables)) return 2;
    opened.options = {arguments.folder, arguments.target, std::move(variables), false};
    auto project = pipeline::LoadProject(opened.options);
    if (!project) return Print(project.error());
    opened.project = std::move(*project);
    auto loaded = dashboards::LoadDashboards(opened.project.dashboards);
    if (!loaded) return Print(loaded.error());
    for (dashboards::Dashboard &dashboard : *loaded) {
        if (names.empty() || std::ranges::find(names, dashboard.name) != names.end()) opened.dashboards.push_back(std::move(dashboard));
    }
    for (const std::string &name : names) {
        if (std::ranges::find(opened.dashboards, name, &dashboards::Dashboard::name) != opened.dashboards.end()) continue;
        std::fprintf(stderr, "[DASHBOARD_NOT_FOUND] The project has no dashboard `%s` (dashboards/%s.md).\n", name.c_str(), name.c_str());
        return 1;
    }
    if (opened.dashboards.empty()) {
        std::fprintf(stderr, "[DASHBOARD_NOT_FOUND] The project %s has no dashboards.\nRemedy: Put one into dashboards/NAME.md; docs/dashboards.md shows how.\n",
                     opened.project.folder.c_str());
        return 1;
    }
    auto engine = engine::Engine::Open({arguments.root});
    if (!engine) return Print(engine.error());
    opened.engine = std::move(*engine);
    const pipeline::PipelineSpec &pipeline = opened.project.pipelines.front();
    opened.store = std::make_unique<dashboards::ResultStore>(*opened.engine, dashboards::StoreOptions{pipeline.catalog, pipeline.schema});
    return 0;
}

void PrintBuilt(const dashboards::BuildReport &report) {
    for (const auto &file : report.files) std::printf("%9s kB  %s\n", Thousands(static_cast<int64_t>((file.bytes + 1023) / 1024)).c_str(), file.path.c_str());
    for (const std::string &problem : report.problems) std::fprintf(stderr, "problem: %s\n", problem.c_str());
    std::printf("done in %.2f s\n", report.seconds);
}

}  // namespace

int DashboardServeCommand(const DashboardArguments &arguments) {
    Opened opened;
    if (int code = Open(arguments.project, arguments.names, opened)) return code;
    AbandonAtEnd abandon(opened.engine);
    // Signals come to this thread alone; set before any other starts.
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    server::DashboardSite site(*opened.engine, [&] { return pipeline::LoadProject(opened.options); });
    server::ServerOptions options;
    options.address = arguments.host;
    options.port = static_cast<uint16_t>(arguments.port);
    options.events_path = "/api/events";
    auto http = server::HttpServer::Start(options, [&](const server::Request &request) { return site.Handle(request); });
    if (!http) return Print(http.error());
    bool loopback = arguments.host == "127.0.0.1" || arguments.host == "::1";
    std::printf("dashboards of %s at http://%s:%u/\n", opened.project.name.c_str(), loopback ? "localhost" : arguments.host.c_str(), (*http)->port());
    if (!loopback) std::printf("anyone who reaches this address sees them: there is no sign-in yet\n");
    for (const auto &dashboard : opened.dashboards) std::printf("  %-20s http://localhost:%u/d/%s\n", dashboard.title.c_str(), (*http)->port(), dashboard.name.c_str());
    std::printf("a saved file or a changed table shows at once; Ctrl-C stops\n");
    std::fflush(stdout);
    timespec wait{0, std::chrono::nanoseconds(kLookEvery).count()};
    while (sigtimedwait(&stop, nullptr, &wait) < 0) {
        if ((*http)->listeners() == 0) continue;
        for (const std::string &name : site.Changed()) (*http)->Broadcast("changed", "{\"dashboard\":\"" + name + "\"}");
    }
    return 0;
}

int DashboardBuildCommand(const DashboardArguments &arguments) {
    Opened opened;
    if (int code = Open(arguments.project, arguments.names, opened)) return code;
    AbandonAtEnd abandon(opened.engine);
    dashboards::BuildOptions options;
    options.output = arguments.output;
    options.project = opened.project.name;
    options.pdf = arguments.pdf;
    options.png = arguments.png;
    options.tables = arguments.tables;
    auto report = dashboards::BuildDashboards(*opened.store, opened.dashboards, options);
    if (!report) return Print(report.error());
    PrintBuilt(*report);
    return report->problems.empty() ? 0 : 1;
}

int DashboardCheckCommand(const DashboardArguments &arguments) {
    Opened opened;
    if (int code = Open(arguments.project, arguments.names, opened)) return code;
    AbandonAtEnd abandon(opened.engine);
    size_t passed = 0, failed = 0;
    for (const auto &dashboard : opened.dashboards) {
        auto problems = dashboards::CheckDashboard(*opened.store, dashboard);
        (problems.empty() ? passed : failed)++;
        std::printf("%s  %s (%zu queries)\n", problems.empty() ? "ok  " : "FAIL", dashboard.name.c_str(), dashboard.queries.size());
        for (const std::string &problem : problems) std::printf("      %s\n", problem.c_str());
    }
    std::printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

int ReportCommand(const DashboardArguments &arguments) {
    Opened opened;
    if (int code = Open(arguments.project, arguments.names, opened)) return code;
    AbandonAtEnd abandon(opened.engine);
    bool pdf = arguments.pdf || !dashboards::FindChromium().empty();
    auto report = dashboards::BuildReportDocument(*opened.store, opened.dashboards, opened.project.name, arguments.output, pdf);
    if (!report) return Print(report.error());
    PrintBuilt(*report);
    if (!pdf) std::printf("no PDF: Chromium is not installed\n");
    return report->problems.empty() ? 0 : 1;
}

}  // namespace tarn::cli
