#include "dashboards/load.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "dashboards/lakeview.h"
#include "dashboards/markdown.h"
#include "sql/parser.h"
#include "sql/render.h"

namespace tarn::dashboards {
namespace {

constexpr std::string_view kLakeviewEnding = ".lvdash.json";

}  // namespace

void LinkParameters(Dashboard &dashboard) {
    for (NamedQuery &query : dashboard.queries) {
        for (std::string &name : sql::FindParameters(query.sql)) {
            if (dashboard.FindParameter(name) != nullptr) {
                query.parameters.push_back(std::move(name));
                continue;
            }
            dashboard.problems.push_back({query.line, "the query `" + query.name + "` names :" + name + ", which is no parameter of the dashboard."});
        }
    }
    std::ranges::stable_sort(dashboard.problems, {}, &Problem::line);
}

void LinkQueries(Dashboard &dashboard) {
    sql::Parameters some;  // For IDENTIFIER(:name), whose name does not matter here.
    for (const Parameter &parameter : dashboard.parameters) some[parameter.name] = sql::StringValue("x");
    auto add = [](std::vector<std::string> &names, const std::string &name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    for (NamedQuery &query : dashboard.queries) {
        auto parsed = sql::ParseQuery(query.sql, {1, 1}, &some);
        if (!parsed) continue;  // Running it will say so.
        sql::QueryUses uses = sql::CollectUses(**parsed);
        for (const NamedQuery &above : dashboard.queries) {
            if (&above == &query) break;
            bool named = std::ranges::any_of(uses.tables, [&](const sql::TableUse &use) { return !use.is_path && use.name.parts.size() == 1 && EqualsIgnoreCase(use.name.parts[0], above.name); });
            if (!named) continue;
            for (const std::string &name : above.reads) add(query.reads, name);
            add(query.reads, above.name);
            for (const std::string &name : above.parameters) add(query.parameters, name);
        }
    }
}

Result<Dashboard> LoadDashboard(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return Fail(ErrorKind::kIo, "IO_ERROR", "The dashboard " + file.string() + " cannot be read.");
    std::string name = file.filename().string();
    bool lakeview = name.ends_with(kLakeviewEnding);
    name.resize(name.size() - (lakeview ? kLakeviewEnding.size() : file.extension().string().size()));
    Dashboard dashboard = lakeview ? ParseLakeview(text.str(), std::move(name)) : ParseMarkdown(text.str(), std::move(name));
    LinkParameters(dashboard);
    if (!lakeview) LinkQueries(dashboard);
    return dashboard;
}

Result<std::vector<Dashboard>> LoadDashboards(const std::vector<std::filesystem::path> &files) {
    std::vector<Dashboard> dashboards;
    for (const auto &file : files) {
        TARN_TRY(Dashboard dashboard, LoadDashboard(file));
        if (std::ranges::find(dashboards, dashboard.name, &Dashboard::name) != dashboards.end()) {
            return Fail(ErrorKind::kInvalidInput, "DASHBOARD_INVALID_DEFINITION", "There are two dashboards named `" + dashboard.name + "`; the second is " + file.string() + ".");
        }
        dashboards.push_back(std::move(dashboard));
    }
    std::ranges::stable_sort(dashboards, [](const Dashboard &a, const Dashboard &b) { return std::pair(a.order, a.name) < std::pair(b.order, b.name); });
    return dashboards;
}

}  // namespace tarn::dashboards
