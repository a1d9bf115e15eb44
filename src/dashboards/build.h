// dashboards/build.h: dashboards as files that need no server, and the check that comes before.
//
// Threads: call from one. Errors: IO_ERROR; a query's failure is part of its page and of the report.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dashboards/model.h"
#include "dashboards/results.h"

namespace tarn::dashboards {

struct BuildOptions {
    std::filesystem::path output;  // A folder; made if missing.
    std::string project;
    bool pdf = false, png = false;  // Through Chromium.
    bool tables = false;            // CSV and XLSX of each query shown.
    size_t max_embedded = size_t{4} << 20;  // Bytes of results a page carries besides those of its default values.
};

struct BuiltFile {
    std::filesystem::path path;
    uintmax_t bytes = 0;
};

struct BuildReport {
    std::vector<BuiltFile> files;
    std::vector<std::string> problems;  // "users.md:12: …"; queries that failed
    double seconds = 0;
};

// NAME.html for each, index.html when there are several.
Result<BuildReport> BuildDashboards(ResultStore &store, const std::vector<Dashboard> &dashboards, const BuildOptions &options);

// All of them in one document, OUTPUT.html and, where Chromium is installed, OUTPUT.pdf.
Result<BuildReport> BuildReportDocument(ResultStore &store, const std::vector<Dashboard> &dashboards, const std::string &project,
                                        const std::filesystem::path &output, bool pdf);

// Mistakes in the files, queries that fail with default values, columns that are not there. "" in `file` names: NAME:LINE: message.
std::vector<std::string> CheckDashboard(ResultStore &store, const Dashboard &dashboard);

// Where Chromium is: TARN_CHROMIUM, or a name on the PATH; empty when there is none.
std::filesystem::path FindChromium();

}  // namespace tarn::dashboards
